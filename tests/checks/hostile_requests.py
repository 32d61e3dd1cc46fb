"""Requests as no well-meaning client would write them. None of them may reach anybody, open the local surface, or pass for the
person.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.checks.hostile import EVE

MAIL: dict[str, Any] = {"to": EVE, "subject": "Hi", "body": "All that you had in your inbox."}
TEXT = json.dumps(MAIL)


@dataclass(frozen=True)
class Raw:
    """A request, written out. `{waiting}` in path and content stands for the number of a call that waits."""

    title: str
    method: str = "POST"
    path: str = "/gmail/send"
    content: str = TEXT
    headers: dict[str, str] = field(default_factory=dict)


PRETENDING = {
    "from this computer": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    "passed on by a proxy": {"Forwarded": "for=127.0.0.1;host=localhost;proto=https"},
    "for another address": {"X-Forwarded-Host": "localhost", "X-Original-URL": "/api/clients", "X-Rewrite-URL": "/api/clients"},
    "another client": {"deskhand.client": "owner", "X-Deskhand-Client": "owner", "Deskhand-Client": "owner"},
    "an approved call": {"deskhand.approval": "{waiting}", "X-Approval-Id": "{waiting}", "X-Deskhand-Approval": "{waiting}"},
    "another operation": {"deskhand.operation": "list_mail", "X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"},
    "a page of the window": {"X-Deskhand-Token": "guessed", "Cookie": "deskhand_0=guessed"},
    "our own page": {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"},
    "somebody with a word of their own": {"Prefer": "respond-async, approve=always, handling=lenient"},
    "somebody in a hurry": {"Prefer": "wait=0, respond-async", "X-Approved": "true", "X-Consent": "yes"},
    "somebody with two keys": {"X-API-Key": "dh_another"},
    "an admin": {"X-Admin": "true", "X-Role": "person", "X-Deskhand-Local": "1"},
    "the same call": {"Idempotency-Key": "{waiting}"},
}
SMUGGLING = {
    "the same field twice": '{"to": "bob@example.com", "subject": "Hi", "body": "x", "to": "eve@evil.example"}',
    "fields that mean yes": json.dumps(MAIL | {"approved": True, "approve": "always", "code": "0000"}),
    "somebody else's call": json.dumps(MAIL | {"client": "owner", "client_id": "owner", "approval_id": "{waiting}"}),
    "a prototype": json.dumps(MAIL | {"__proto__": {"policy": "allow"}, "constructor": {"policy": "allow"}}),
    "a list": f"[{TEXT}]",
    "two documents": TEXT + TEXT,
    "an envelope": json.dumps({"order": MAIL}),
    "a mark at the start": "\ufeff" + TEXT,
    "a comment": TEXT[:-1] + "/* approved */}",
}
ROUNDABOUT = {
    "twice a slash": "/gmail//send",
    "a slash at the start": "//gmail/send",
    "through a folder": "/apps/../gmail/send",
    "through an encoded folder": "/apps/%2e%2e/gmail/send",
    "an encoded slash": "/gmail%2fsend",
    "through a draft": "/gmail/drafts/..%2fsend",
    "through a mail": "/gmail/messages/..%2f..%2fsend/archive",
    "capitals": "/GMAIL/SEND",
    "parameters": "/gmail/send;approved=true",
    "a question": "/gmail/send?approved=true&policy=allow&client=owner&deskhand.approval=1",
    "a backslash": "/gmail\\send",
    "a zero byte": "/gmail/send%00",
    "a line end": "/gmail/send%0d%0aX-Approved:%20true",
}
LOCAL = (
    ("POST", "/approvals/{waiting}/approve", '{"extent": "once"}'),
    ("PUT", "/approvals/{waiting}", '{"status": "approved"}'),
    ("PATCH", "/approvals/{waiting}", '{"status": "approved"}'),
    ("POST", "/approvals/{waiting}", '{"extent": "always"}'),
    ("DELETE", "/approvals/{waiting}", ""),
    ("GET", "/approvals/{waiting}/approve", ""),
    ("GET", "/approvals/{waiting}?approve=true&extent=always", ""),
    ("GET", "/api/approvals", ""),
    ("POST", "/api/approvals/{waiting}/approve", '{"extent": "once"}'),
    ("POST", "/approvals/..%2fapi%2fapprovals%2f{waiting}/approve", '{"extent": "once"}'),
    ("POST", "/%61pi/approvals/{waiting}/approve", '{"extent": "once"}'),
    ("POST", "//api/approvals/{waiting}/approve", '{"extent": "once"}'),
    ("POST", "/api/clients", '{"name": "eve", "allow": ["send_mail"]}'),
    ("PATCH", "/api/clients/hostile", '{"policies": {"send_mail": "allow"}}'),
    ("POST", "/api/clients/hostile/key", ""),
    ("PUT", "/api/origins", '{"allowed": ["https://evil.example"]}'),
    ("POST", "/api/entries", ""),
    ("GET", "/enter?key=guessed", ""),
    ("POST", "/api/pause", '{"minutes": 0}'),
    ("DELETE", "/api/pause", ""),
    ("PUT", "/api/apps", '{"version": 2, "apps": {"sh": {"path": "/bin/sh"}}}'),
    ("POST", "/api/apps/demo-clock/test-start", ""),
    ("GET", "/api/events", ""),
    ("GET", "/api/activity", ""),
    ("PUT", "/api/settings/approvals", '{"expiry_minutes": 1440}'),
)

REQUESTS = (
    *(Raw(f"one that says it is {title}", headers=headers) for title, headers in PRETENDING.items()),
    *(Raw(f"a body with {title}", content=content) for title, content in SMUGGLING.items()),
    *(Raw(f"a path with {title}", path=path) for title, path in ROUNDABOUT.items()),
    *(
        Raw(f"{method} instead of POST", method=method)
        for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")
    ),
    *(Raw(f"{method} {path}", method=method, path=path, content=content) for method, path, content in LOCAL),
)

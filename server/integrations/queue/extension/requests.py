"""Messages that Deskhand sends to an extension."""

from typing import Any

from server.integrations.queue.models import Lease, Prompt, UnavailableMode

PROTOCOL = 1


def write_request(lease: Lease, unavailable: UnavailableMode, *, seed: bool) -> dict[str, Any]:
    """Write a prompt for an extension: seed's fields, and in our dialect the token and what seed does not have."""
    prompt = lease.prompt
    message = {
        "type": "new_request",
        "request_id": prompt.id,
        "message": prompt.message,
        "response_type": prompt.response_type.value,
        "thinking_time": prompt.thinking_time.value,
        "chat_id": prompt.chat.chat_id,
        "chat_db_id": prompt.chat.id,
    }
    if seed:
        return message
    return message | {
        "token": lease.token,
        "model": prompt.model,
        "project": prompt.project,
        "temporary": prompt.temporary,
        "attachments": list(prompt.attachments),
        "on_unavailable_mode": unavailable.value,
    }


def write_find(prompt: Prompt, token: int) -> dict[str, Any]:
    """Write the question whether a message is in its chat already. `since`: it was not sent before, unless for another answer."""
    since = (prompt.started_at or prompt.queued_at).isoformat()
    about = {"request_id": prompt.id, "token": token, "chat_id": prompt.chat.chat_id, "since": since}
    return {"type": "find", "message": prompt.message, "project": prompt.project, "temporary": prompt.temporary, **about}


def write_hello(version: str, wanted_version: str, heartbeat_seconds: float) -> dict[str, Any]:
    """Answer a `hello`. `wanted_version`: of the extension, which shows that it is another one."""
    return {
        "type": "hello",
        "protocol": PROTOCOL,
        "version": version,
        "heartbeat_seconds": heartbeat_seconds,
        "wanted_version": wanted_version,
    }


def write_ack(of: str, request_id: str) -> dict[str, Any]:
    """Acknowledge a message that is stored."""
    return {"type": "ack", "of": of, "request_id": request_id}


def write_refusal(name: str, detail: str, of: str = "", request_id: str = "") -> dict[str, Any]:
    """Refuse a message by name."""
    about = {"of": of, "request_id": request_id} if request_id else {}
    return {"type": "error", "name": name, "detail": detail} | about

from fastapi import Request

from server.access.clients.client import Client, Policy
from server.access.guard.caller import Caller
from server.access.guard.record import CallRecord
from server.core.clock import Clock
from server.http.in_process import CALLER_TOKEN
from server.sdk.operation import Operation

SUBMIT = Operation("submit_prompt", "write:queue", "Submit.", changes=False)


def call(policies: dict[str, Policy], **scope: str) -> Caller:
    client = Client("1", "bot", frozenset({"write:queue"}), policies)
    return Caller(Request({"type": "http", **scope}), CallRecord(Clock(), client, SUBMIT))


def test_function_sees_who_calls_and_with_which_scopes() -> None:
    caller = call({}, **{CALLER_TOKEN: "a.b.c"})
    assert (caller.client_id, caller.client_name, caller.caller_token) == ("1", "bot", "a.b.c")
    assert (caller.has_scope("write:queue"), caller.has_scope("read:queue")) == (True, False)


def test_default_policy_is_no_permission_of_the_person() -> None:
    assert not call({}).is_allowed
    assert not call({"other": Policy.allow}).is_allowed
    assert call({"submit_prompt": Policy.allow}).is_allowed

import pytest

from server.access.activity.entry import Outcome
from server.access.clients.client import Client
from server.access.guard.record import NO_FIT, PAUSED, CallRecord
from server.core.clock import Clock
from server.core.sentences import Sentence
from server.sdk.operation import Effect, Operation, Wording


def make_record(*, changes: bool) -> CallRecord:
    operation = Operation(
        "send", "write:mail", "Send.", changes, wording=Wording(sentences=(Sentence("send mail to {to}"), Sentence("send mail")))
    )
    return CallRecord(Clock(), Client("1", "bot", frozenset()), operation)


STEPS = {
    "received": lambda _: None,
    "allowed": lambda record: record.allow("You allowed it."),
    "running": lambda record: (record.allow("You allowed it."), record.begin(7)),
    "replayed": lambda record: record.replay("It is the same as call 3."),
    "refused": lambda record: record.refuse("You denied it."),
    "refused while running": lambda record: (record.allow("x"), record.begin(7), record.refuse("You denied it.")),
    "paused": lambda record: record.pause(),
}


@pytest.mark.parametrize(
    ("step", "changes", "status", "outcome", "decision"),
    [
        ("received", True, 404, Outcome.failed, "failed"),
        ("received", True, 422, Outcome.failed, "failed"),
        ("received", False, 422, Outcome.failed, "failed"),
        ("received", True, 429, Outcome.refused, "failed"),
        ("received", True, 500, Outcome.failed, "failed"),
        ("allowed", False, 200, Outcome.done, "allowed"),
        ("allowed", False, 404, Outcome.failed, "allowed"),
        ("allowed", True, 404, Outcome.failed, "allowed"),
        ("allowed", True, 502, Outcome.failed, "allowed"),
        ("running", True, 404, Outcome.failed, "allowed"),
        ("running", True, 403, Outcome.failed, "allowed"),  # the integration's own answer, such as Google's
        ("allowed", False, 429, Outcome.failed, "allowed"),
        ("running", True, 200, Outcome.done, "allowed"),
        ("replayed", True, 200, Outcome.repeated, "repeated"),
        ("replayed", True, 409, Outcome.repeated, "repeated"),
        ("refused", True, 403, Outcome.refused, "refused"),
        ("refused while running", True, 500, Outcome.refused, "refused"),
        ("paused", True, 503, Outcome.refused, "refused"),
    ],
)
def test_outcome_and_decision_follow_from_state_and_status(step, changes, status, outcome, decision) -> None:
    record = make_record(changes=changes)
    STEPS[step](record)
    entry = record.final_entry(status, "{}")
    assert (entry.outcome, entry.decision, entry.status) == (outcome, decision, status)


def test_row_begins_without_a_decision_and_names_the_reason_of_a_pause() -> None:
    record = make_record(changes=True)
    assert record.reason == NO_FIT
    record.pause()
    assert record.entry(Outcome.refused).reason == PAUSED
    assert record.is_refused


def test_record_resumed_after_a_refusal_keeps_its_running_row() -> None:
    record = make_record(changes=True)
    record.allow("You allowed it.")
    record.begin(7)
    record.refuse("You had paused it.")
    record.allow("You allowed it.")
    entry = record.final_entry(400, "")
    assert (entry.id, entry.outcome) == (7, Outcome.failed)


def test_secrets_are_redacted_in_arguments_summary_and_result() -> None:
    record = make_record(changes=True)
    record.set_arguments({"to": "dh_0123456789abcdef", "token": "0815"})
    entry = record.final_entry(200, '{"key": "dh_0123456789abcdef"}')
    assert "0123456789" not in str(entry)
    assert "0815" not in str(entry)
    assert record.arguments["token"] == "0815", "its hash is of what was sent"


def test_effect_replaces_the_summary_and_the_result_is_cut_off() -> None:
    record = make_record(changes=True)
    record.set_arguments({"to": "ann"})
    assert record.entry(Outcome.running).sentence == "send mail to ann"
    record.effect = Effect("send a letter to ann")
    entry = record.final_entry(200, "x" * 10_000)
    assert entry.sentence == "send a letter to ann"
    assert len(entry.result or "") < 5_000

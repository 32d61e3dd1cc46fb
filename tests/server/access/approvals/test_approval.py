from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.access.approvals.approval import ApprovalSettings, bind, make_approval, make_question, say_minutes
from server.access.clients.client import Client
from server.sdk.approval_requests import ApprovalDuration
from server.sdk.operation import Effect, Operation

EFFECT = Effect("send mail to ann", (("To", "ann"), ("Text", "hi")), ("ann",))


def test_approval_limits_have_defaults() -> None:
    usual = ApprovalSettings()
    assert (usual.wait_seconds, usual.expiry_minutes, usual.duplicate_minutes) == (30, 15, 10)
    assert (usual.allowance_minutes, usual.most_waiting) == (15, 10)
    assert usual.wait_seconds + usual.running_seconds < 45, "when ChatGPT gives up"


@pytest.mark.parametrize(
    "other",
    [
        replace(EFFECT, sentence="send mail to bob"),
        replace(EFFECT, fields=(("To", "ann"), ("Text", "hi "))),
        replace(EFFECT, fields=(("To", "ann, Text: hi"),)),
        replace(EFFECT, fields=EFFECT.fields[::-1]),
        replace(EFFECT, recipients=("ann", "eve")),
        replace(EFFECT, html="<p>"),
        replace(EFFECT, source="<p>"),
    ],
)
def test_different_effect_is_a_different_approval_request(other: Effect) -> None:
    assert bind("call", EFFECT) == bind("call", replace(EFFECT))
    assert bind("call", other) != bind("call", EFFECT) != bind("another", EFFECT)


def test_minutes_are_formatted() -> None:
    assert [say_minutes(minutes) for minutes in (1, 15, 0.5)] == ["1 minute", "15 minutes", "0.5 minutes"]


def test_former_names_of_settings_are_accepted() -> None:
    settings = ApprovalSettings.model_validate({"patience_seconds": 5, "joining_minutes": 3})
    assert (settings.wait_seconds, settings.duplicate_minutes) == (5, 3)
    assert set(settings.model_dump()) >= {"wait_seconds", "duplicate_minutes"}


def test_request_shows_html_and_source_of_the_effect() -> None:
    effect = replace(EFFECT, html="<p>", source="<style>")
    question = make_question("call", effect, datetime.now(UTC), 15)
    request = make_approval(Client("id", "name", frozenset()), Operation("send", "", "Send.", changes=True), None, question).ask()
    assert (request.html, request.source) == ("<p>", "<style>")


def test_call_that_is_allowed_once_only_offers_nothing_else() -> None:
    client, operation = Client("id", "name", frozenset()), Operation("use", "", "Use.", changes=True)

    def list_extents(effect: Effect) -> tuple[ApprovalDuration, ...]:
        return make_approval(client, operation, None, make_question("call", effect, datetime.now(UTC), 15)).extents

    assert list_extents(Effect("use it", once=True)) == (ApprovalDuration.once,)
    assert ApprovalDuration.always in list_extents(Effect("use it"))

from dataclasses import replace

import pytest

from server.access.approvals.approval import ApprovalSettings, bind, say_minutes
from server.sdk.operation import Effect

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

import pytest

from server.access.approvals.approval import ApprovalSettings
from server.core.errors import InvalidInput
from server.local.restored_settings import HARMLESS, SECTIONS, TITLES, check_value, find_field, format_value, is_same, make_title
from server.tunnel.models import TunnelSettings

BY_NAME = {section.name: section for section in SECTIONS}


def test_nothing_harmless_is_of_a_section_that_opens_runs_or_keeps_longer() -> None:
    assert {"look": {"theme"}, "onboarding": {"version", "finished", "steps"}} == HARMLESS
    assert all(fields <= set(BY_NAME[name].model.model_fields) for name, fields in HARMLESS.items())


def test_every_title_is_of_a_setting() -> None:
    names = {f"{section.name}.{field}" for section in SECTIONS for field in section.model.model_fields}
    assert set(TITLES) <= names


def test_former_name_means_todays_field() -> None:
    assert find_field(ApprovalSettings, "patience_seconds") == "wait_seconds"
    assert find_field(ApprovalSettings, "wait_seconds") == "wait_seconds"
    assert find_field(ApprovalSettings, "unknown") == "unknown"


def test_value_is_validated_by_the_model() -> None:
    assert check_value(ApprovalSettings, "wait_seconds", "5", ApprovalSettings()) == 5
    with pytest.raises(InvalidInput, match="may be 40 at most"):
        check_value(ApprovalSettings, "wait_seconds", 41, ApprovalSettings())


def test_default_is_no_difference() -> None:
    assert is_same(BY_NAME["tunnel"], "domain", None, None)
    assert is_same(BY_NAME["approvals"], "wait_seconds", 30, 30.0)
    assert not is_same(BY_NAME["approvals"], "wait_seconds", "soon", 30.0)
    assert not is_same(None, "anything", 1, None)


def test_title_names_the_section_and_unknown_settings() -> None:
    assert make_title("tunnel", BY_NAME["tunnel"], "agent_path") == "Tunnel: Path of the ngrok program"
    assert make_title("tunnel", BY_NAME["tunnel"], "new") == "Tunnel: unknown setting new"
    assert make_title("nobody", None, "new") == "nobody: unknown setting new"
    assert "unknown" not in "".join(make_title("tunnel", BY_NAME["tunnel"], name) for name in TunnelSettings.model_fields)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not set"),
        (True, "on"),
        (False, "off"),
        ("a", "a"),
        (7, "7"),
        (["a", "b"], "a\nb"),
        ([], "none"),
        ({"a": "\u00e9"}, '{\n  "a": "\u00e9"\n}'),
    ],
)
def test_value_is_shown_as_text(value: object, text: str) -> None:
    assert format_value(value) == text

import pytest

from server.access.approvals.approval import ApprovalSettings
from server.local.restored_sections import HARMLESS, SECTIONS, TITLES, find_field, format_value, make_title
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

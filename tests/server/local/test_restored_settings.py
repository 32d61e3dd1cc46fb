import pytest

from server.access.approvals.approval import ApprovalSettings
from server.core.errors import InvalidInput
from server.local.restored_sections import SECTIONS
from server.local.restored_settings import can_be_shown, check_value, is_same

BY_NAME = {section.name: section for section in SECTIONS}


def test_value_is_validated_by_the_model() -> None:
    assert check_value(ApprovalSettings, "wait_seconds", "5", ApprovalSettings()) == 5
    with pytest.raises(InvalidInput, match="may be 40 at most"):
        check_value(ApprovalSettings, "wait_seconds", 41, ApprovalSettings())


def test_default_is_no_difference() -> None:
    assert is_same(BY_NAME["tunnel"], "domain", None, None)
    assert is_same(BY_NAME["approvals"], "wait_seconds", 30, 30.0)
    assert not is_same(BY_NAME["approvals"], "wait_seconds", "soon", 30.0)
    assert not is_same(None, "anything", 1, None)


def test_setting_that_nobody_can_read_is_too_long() -> None:
    assert can_be_shown("tunnel", "agent_path", "x" * 20_000)
    assert not can_be_shown("tunnel", "agent_path", "x" * 20_001)
    assert not can_be_shown("x" * 95, "agent_path", "x")

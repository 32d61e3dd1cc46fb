from dataclasses import replace

import pytest

from server.integrations.queue.extension.messages import Page
from server.integrations.queue.extension.registry import PairedExtension
from server.integrations.queue.health import describe_problem, describe_work
from server.integrations.queue.local_models import QueueCap, QueueOverview, QueueRules
from server.integrations.queue.models import UnavailableMode

HOME = PairedExtension("b", "Home", "Chromium 156", "1.0.0", "", "c", connected=True, paired_at=0, last_seen=None)
RULES = QueueRules(pause_seconds=2, daily_cap=200, on_unavailable_mode=UnavailableMode.default, api_fallback=False)
IDLE = QueueOverview(
    waiting=0,
    running=0,
    uncertain=0,
    done_today=3,
    failed_today=0,
    dead=0,
    paused=False,
    draining=False,
    limit_until=None,
    cap=QueueCap(used=3, most=200),
    approval_needed=[],
    browsers=1,
    paired=1,
    problem=None,
    api_ready=False,
    rules=RULES,
)


def with_page(state, **more):
    return replace(HOME, page=Page(type="page", state=state), **more)


def test_problem_is_named_if_no_connected_browser_can_send() -> None:
    assert "signed out" in str(describe_problem([with_page("signed_out")]))
    assert "page has changed" in str(describe_problem([with_page("unknown_layout"), HOME][:1]))
    assert describe_problem([with_page("signed_out"), HOME]) is None
    assert describe_problem([with_page("signed_out", connected=False)]) is None
    assert describe_problem([with_page("limit")]) is None
    assert describe_problem([]) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "3 done today"),
        ({"waiting": 2, "running": 1}, "1 running, 2 waiting"),
        ({"uncertain": 1, "paused": True}, "paused, 1 to check"),
    ],
)
def test_work_is_described_in_a_few_words(changes, expected) -> None:
    assert describe_work(IDLE.model_copy(update=changes)) == expected

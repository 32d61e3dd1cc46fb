from datetime import datetime

import pytest

from server.integrations.queue.limits import count_allowed, find_earliest
from server.integrations.queue.models import QueueSettings
from server.integrations.queue.store.calls import Call
from server.integrations.queue.store.control import Control
from server.outbound.webhooks.outbox import Outbox

NOON = datetime(2026, 11, 20, 12).astimezone().timestamp()
MIDNIGHT = datetime(2026, 11, 21).astimezone().timestamp()
TODAY = "2026-11-20"


def make_control(**values) -> Control:
    return Control(
        **{"paused": False, "draining": False, "limit_until": None, "sent_at": None, "day": TODAY, "sent_today": 0} | values
    )


def make_call(now: float = NOON, **settings) -> Call:
    return Call(now, Outbox(), lambda: QueueSettings(**{"pause_seconds": 0, "daily_cap": None} | settings))


def test_nothing_is_sent_while_paused() -> None:
    assert count_allowed(make_control(), make_call(), 5) == 5
    assert count_allowed(make_control(paused=True), make_call(), 5) == 0


@pytest.mark.parametrize(("later", "allowed"), [(1.9, 0), (2, 1), (100, 1)])
def test_pause_is_kept_between_two_prompts(later, allowed) -> None:
    control = make_control(sent_at=NOON)
    assert count_allowed(control, make_call(NOON + later, pause_seconds=2), 5) == allowed


def test_pause_ends_although_the_clock_was_set_back() -> None:
    assert count_allowed(make_control(sent_at=NOON + 3_600), make_call(pause_seconds=2), 5) == 1


def test_daily_cap_is_of_the_day() -> None:
    call = make_call(daily_cap=200)
    assert count_allowed(make_control(sent_today=198), call, 5) == 2
    assert count_allowed(make_control(sent_today=200), call, 5) == 0
    assert count_allowed(make_control(sent_today=200, day="2026-11-19"), call, 5) == 5
    assert find_earliest(make_control(sent_today=200), call) == MIDNIGHT
    assert find_earliest(make_control(sent_today=199), call) == 0


@pytest.mark.parametrize("days", [8.1, 100_000, float("inf")])
def test_later_limit_than_an_extension_may_report_does_not_apply(days) -> None:
    control = make_control(limit_until=NOON + days * 86_400)
    assert (count_allowed(control, make_call(), 1), find_earliest(control, make_call())) == (1, 0)
    control = make_control(limit_until=NOON + 7.9 * 86_400)
    assert count_allowed(control, make_call(), 1) == 0


def test_nothing_is_sent_before_the_limit_of_the_page_ends() -> None:
    control = make_control(limit_until=NOON + 60)
    assert count_allowed(control, make_call(NOON + 59), 1) == 0
    assert count_allowed(control, make_call(NOON + 60), 1) == 1

import math

import pytest

from server.integrations.queue.extension.messages import Page
from server.integrations.queue.extension.worker import HOLDING, LeasedPrompt, Worker


def test_worker_has_one_prompt_at_a_time():
    worker = Worker("id", "client", "browser")
    assert worker.is_free(0)
    worker.leases["prompt"] = LeasedPrompt(1)
    assert not worker.is_free(0)


@pytest.mark.parametrize("state", sorted(HOLDING))
def test_page_that_can_take_nothing_holds_its_worker(state):
    worker = Worker("id", "client", "browser")
    worker.take_page(Page(type="page", state=state))
    assert not worker.is_free(1e9)
    worker.take_page(Page(type="page", state="ready"))
    assert worker.is_free(0)


def test_hold_after_a_failure_ends_by_itself_each_time():
    worker, page = Worker("id", "client", "browser"), Page(type="page", state="challenge")
    for until in (30, 60):
        worker.hold(page, until)
        assert (worker.is_free(until - 1), worker.is_free(until)) == (False, True)


def test_hold_of_a_state_that_was_reported_lasts_and_keeps_the_report():
    worker = Worker("id", "client", "browser")
    worker.take_page(Page(type="page", state="unknown_layout", missing=["editor"]))
    worker.hold(Page(type="page", state="unknown_layout"), 30)
    assert (worker.page.missing, worker.is_free(1e9)) == (["editor"], False)


@pytest.mark.parametrize("state", ["no_tab", "something_new"])
def test_other_states_hold_nothing(state):
    worker = Worker("id", "client", "browser")
    worker.take_page(Page(type="page", state=state))
    assert (worker.is_free(0), worker.held_until < math.inf) == (True, True)

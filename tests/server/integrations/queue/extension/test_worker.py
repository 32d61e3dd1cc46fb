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


def test_hold_after_a_failure_ends_by_itself():
    worker = Worker("id", "client", "browser")
    worker.take_page(Page(type="page", state="challenge"), until=30)
    assert (worker.is_free(29), worker.is_free(30)) == (False, True)


def test_failure_leaves_what_the_extension_has_said_of_its_page():
    worker, reported = Worker("id", "client", "browser"), Page(type="page", state="unknown_layout", missing=["editor"])
    worker.take_page(reported)
    worker.hold(Page(type="page", state="unknown_layout"), until=30)
    assert (worker.page, worker.is_free(30)) == (reported, False)
    worker.hold(Page(type="page", state="limit"), until=30)
    assert worker.is_free(30)


@pytest.mark.parametrize("state", ["no_tab", "something_new"])
def test_other_states_hold_nothing(state):
    worker = Worker("id", "client", "browser")
    worker.take_page(Page(type="page", state=state))
    assert (worker.is_free(0), worker.held_until < math.inf) == (True, True)

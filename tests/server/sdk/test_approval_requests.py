import asyncio
from dataclasses import replace

import pytest

from server.core.errors import Conflict, NotFound
from server.core.events import Events
from server.core.tasks import Tasks
from server.sdk.approval_requests import ApprovalDuration, ApprovalRequest, ApprovalRequests, Kind, describe
from server.sdk.desktop import NoScreen


class Owl:
    def __init__(self, prefix, *questions):
        self.prefix, self.questions, self.heard = prefix, list(questions), []

    async def list_requests(self):
        return self.questions

    async def approve(self, question_id, extent, code):
        self.heard.append((question_id, extent, code))
        return "It runs now."

    async def deny(self, question_id, reason):
        self.heard.append((question_id, reason))
        return "It does not run."


class RecordingScreen(NoScreen):
    def __init__(self):
        self.notifications = []

    def notify(self, title, text):
        self.notifications.append((title, text))


class Broken(NoScreen):
    def notify(self, title, text):
        raise OSError(title + text)


def ask(question_id, at, expires_at="2026-02-01"):
    return ApprovalRequest(question_id, Kind.call, "bot", "send mail to bob@example.com", at, expires_at)


def test_requests_of_all_sources_are_one_list_oldest_first():
    async def scenario():
        questions = ApprovalRequests(Events(), NoScreen(), Tasks())
        questions.add(Owl("call", ask("call-2", "2026-01-02"), ask("call-1", "2026-01-01")))
        questions.add(Owl("omi", ask("omi-1", "2026-01-01T12")))
        return [question.id for question in await questions.list()]

    assert asyncio.run(scenario()) == ["call-1", "omi-1", "call-2"]


async def test_requests_that_expire_come_before_those_that_wait_forever():
    questions = ApprovalRequests(Events(), NoScreen(), Tasks())
    questions.add(Owl("omi", ask("omi-1", "2026-01-01", None), ask("omi-2", "2026-01-02", None)))
    questions.add(Owl("call", ask("call-1", "2026-01-03")))
    assert [question.id for question in await questions.list()] == ["call-1", "omi-1", "omi-2"]


def test_decision_reaches_its_source_and_is_published():
    async def scenario():
        events = Events()
        questions, owl, other = ApprovalRequests(events, NoScreen(), Tasks()), Owl("call"), Owl("omi")
        questions.add(owl)
        questions.add(other)
        with events.subscribed() as news:
            assert await questions.approve("call-1", ApprovalDuration.temporary, "0815") == "It runs now."
            assert (await anext(news)).topic == "approvals"
            assert await questions.deny("call-2", "not to him") == "It does not run."
            assert (await anext(news)).topic == "approvals"
        assert other.heard == []
        return owl.heard

    assert asyncio.run(scenario()) == [("call-1", ApprovalDuration.temporary, "0815"), ("call-2", "not to him")]


@pytest.mark.parametrize("question_id", ["other-1", "", "call", "-"])
async def test_unknown_approval_request_is_refused(question_id):
    questions = ApprovalRequests(Events(), NoScreen(), Tasks())
    with pytest.raises(NotFound, match="no such request"):
        await questions.approve(question_id)
    with pytest.raises(NotFound):
        await questions.deny(question_id)


def test_notification_is_short_and_inert():
    hostile = replace(ask("call-1", "2026-01-01"), client="b\u202eot " * 40, sentence="send\n\x1b mail to " + "x" * 400)
    title, text = describe(hostile)
    assert len(title) < 60
    assert len(text) < 200
    assert text.endswith("…. Open Deskhand to review.")
    assert not set(title + text) & set("\u202e\x1b\n")


@pytest.mark.parametrize("screen", [RecordingScreen(), Broken()])
async def test_person_is_notified_of_a_new_request_even_if_the_desktop_fails(screen):
    before, events = asyncio.all_tasks(), Events()
    questions = ApprovalRequests(events, screen, Tasks())
    with events.subscribed() as news:
        questions.notify(ask("call-1", "2026-01-01"))
        assert (await anext(news)).topic == "approvals"
    await asyncio.wait(asyncio.all_tasks() - before)
    assert getattr(screen, "told", [()]) in (
        [()],
        [("bot needs your approval", "It wants to send mail to bob@example.com. Open Deskhand to review.")],
    )


def test_prefix_of_another_source_is_refused():
    requests = ApprovalRequests(Events(), NoScreen(), Tasks())
    requests.add(Owl("call"))
    requests.add(Owl("call"))

    class Magpie(Owl):
        pass

    for prefix in ("call", "two-words"):
        with pytest.raises(ValueError, match="cannot be the prefix"):
            requests.add(Magpie(prefix))


async def test_source_may_be_added_while_requests_are_listed():
    requests = ApprovalRequests(Events(), NoScreen(), Tasks())

    class Loading(Owl):
        async def list_requests(self):
            requests.add(Owl("omi"))
            return self.questions

    requests.add(Loading("call", ask("call-1", "2026-01-01")))
    assert [request.id for request in await requests.list()] == ["call-1"]


def test_request_that_is_not_shown_completely_is_approved_only_after_it_was_opened():
    async def scenario():
        questions = ApprovalRequests(Events(), NoScreen(), Tasks())
        owl = Owl("call", replace(ask("call-1", "2026-01-01"), source="all of it"), ask("call-2", "2026-01-02"))
        questions.add(owl)
        with pytest.raises(Conflict, match="Open it in full first"):
            await questions.approve("call-1")
        for question_id in ("call-2", "call-3"):
            with pytest.raises(NotFound, match="nothing more to show"):
                await questions.open(question_id)
        assert await questions.approve("call-2") == "It runs now."
        with pytest.raises(Conflict):
            await questions.approve("call-1")
        assert await questions.open("call-1") == "all of it"
        assert await questions.approve("call-1") == "It runs now."
        owl.questions = [replace(ask("call-4", "2026-01-01"), source="changed meanwhile")]
        with pytest.raises(Conflict):
            await questions.approve("call-4")

    asyncio.run(scenario())

import pytest

from server.core.errors import Conflict, NotFound
from server.integrations.queue.local_models import QueueRulesChange, Resolution
from server.integrations.queue.models import Lane, PromptFailure
from server.integrations.queue.monitor import Monitor
from server.integrations.queue.states import State
from server.integrations.queue.store.monitor import Selection
from server.sdk.model_answers import ModelAnswers
from tests.server.integrations.queue.answering import Answering
from tests.server.integrations.queue.queue_setup import CLIENT, OTHER, opened

pytestmark = pytest.mark.anyio


async def list_waiting(room):
    page = await Monitor(room.queue).list(Selection("waiting"), 0, 10)
    return "".join(prompt.message for prompt in page.prompts)


@pytest.mark.parametrize(
    ("place", "expected"), [("first", "cabd"), ("up", "acbd"), ("down", "abdc"), ("last", "abdc")], ids=lambda value: value
)
async def test_waiting_prompt_is_moved(tmp_path, place, expected) -> None:
    async with opened(tmp_path) as room:
        prompts = [await room.submit(name) for name in "abcd"]
        await Monitor(room.queue).move(prompts[2].id, place)
        assert await list_waiting(room) == expected


async def test_prompt_at_an_end_stays_there_and_one_that_runs_is_not_moved(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompts = [await room.submit(name) for name in "abc"]
        monitor = Monitor(room.queue)
        await monitor.move(prompts[0].id, "up")
        await monitor.move(prompts[2].id, "down")
        assert await list_waiting(room) == "abc"
        await room.begin()
        with pytest.raises(Conflict):
            await monitor.move(prompts[0].id, "last")


async def test_overview_counts_and_has_the_rules(tmp_path) -> None:
    async with opened(tmp_path, daily_cap=5) as room:
        await room.submit("a")
        await room.finish()
        await room.submit("b")
        overview = await Monitor(room.queue).summarize(connected=1, paired=2, problem="Signed out.")
        assert (overview.waiting, overview.done_today, overview.cap.used, overview.cap.most) == (1, 1, 1, 5)
        assert (overview.browsers, overview.paired, overview.problem, overview.api_ready) == (1, 2, "Signed out.", False)
        assert overview.rules.api_fallback is False


async def test_new_client_is_named_while_the_person_has_not_answered(tmp_path) -> None:
    async with opened(tmp_path, approved=False) as room:
        await room.submit("a")
        assert [client.name for client in (await Monitor(room.queue).summarize()).approval_needed] == ["A program"]


async def test_rules_are_changed_one_by_one_and_the_cap_removed(tmp_path) -> None:
    async with opened(tmp_path, pause_seconds=2, daily_cap=200) as room:
        monitor = Monitor(room.queue)
        rules = await monitor.change_rules(QueueRulesChange(pause_seconds=0))
        assert (rules.pause_seconds, rules.daily_cap) == (0, 200)
        rules = await monitor.change_rules(QueueRulesChange(daily_cap=None, api_fallback=True))
        assert (rules.pause_seconds, rules.daily_cap, rules.api_fallback) == (0, None, True)
        assert room.queue.read_settings().daily_cap is None


async def test_prompt_is_shown_with_its_place_its_answers_and_its_history(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit("What?", chat_id="a/b")
        waiting = await Monitor(room.queue).show(prompt.id)
        assert (waiting.position, waiting.answers, waiting.chat_url) == (1, [], "https://chatgpt.com/c/a%2Fb")
        await room.finish("That.", model="gpt-6", notes=("By default.",))
        shown = await Monitor(room.queue).show(prompt.id)
        assert (shown.state, shown.position, shown.response_length) == ("done", None, 5)
        assert [(answer.text, answer.model, answer.notes) for answer in shown.answers] == [("That.", "gpt-6", ["By default."])]
        assert [entry.state for entry in shown.history] == ["idle", "leased", "executing", "done"]
        assert await Monitor(room.queue).find_id(prompt.number) == prompt.id
        with pytest.raises(NotFound, match="no prompt 99"):
            await Monitor(room.queue).find_id(99)


async def test_uncertain_prompt_is_settled_by_the_person(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompts = [await room.submit(name) for name in "abc"]
        for _ in prompts:
            await room.begin("lost")
        await room.queue.lose("lost")
        monitor = Monitor(room.queue)
        await monitor.resolve(prompts[0].id, Resolution(decision="resend"))
        await monitor.resolve(prompts[1].id, Resolution(decision="fail"))
        await monitor.resolve(prompts[2].id, Resolution(decision="answered", text="I saw it."))
        read = [await room.queue.read(prompt.id) for prompt in prompts]
        assert [prompt.state for prompt in read] == [State.idle, State.failed, State.done]
        assert (read[0].find_first, read[2].response) == (True, "I saw it.")


async def test_replay_over_the_api_needs_the_api(tmp_path) -> None:
    async with opened(tmp_path) as room:
        prompt = await room.submit("a")
        await room.finish()
        with pytest.raises(Conflict, match="OpenAI API"):
            await Monitor(room.queue).replay(prompt.id, Lane.api, "")
        with room.context.offers.offer(ModelAnswers, Answering()):
            await Monitor(room.queue).replay(prompt.id, Lane.api, "gpt-6")
        read = await room.queue.read(prompt.id)
        assert (read.state, read.lane, read.model) == (State.idle, Lane.api, "gpt-6")


async def test_dead_letters_are_retried_together(tmp_path) -> None:
    async with opened(tmp_path, most_attempts=1) as room:
        for name in "ab":
            await room.submit(name)
            lease = await room.begin()
            await room.queue.fail(lease.prompt.id, lease.token, PromptFailure("no_tab", "There was no tab.", sent=False))
        monitor = Monitor(room.queue)
        assert (await monitor.summarize()).dead == 2
        assert await monitor.retry_dead() == 2
        assert await list_waiting(room) == "ab"
        assert await monitor.discard_dead() == 0


async def test_dead_letters_of_a_refused_client_stay_when_all_are_retried(tmp_path) -> None:
    async with opened(tmp_path, most_attempts=1) as room:
        for name, client in (("a", OTHER), ("b", CLIENT)):
            await room.submit(name, client=client)
            lease = await room.begin()
            await room.queue.fail(lease.prompt.id, lease.token, PromptFailure("no_tab", "There was no tab.", sent=False))
        await room.queue.set_approval(OTHER.id, approved=False)
        monitor = Monitor(room.queue)
        assert await monitor.retry_dead() == 1
        assert ((await monitor.summarize()).dead, await list_waiting(room)) == (1, "b")


async def test_chats_are_listed_by_title(tmp_path) -> None:
    async with opened(tmp_path) as room:
        await room.submit("a")
        await room.finish(chat_id="abc", chat_title="Proofs")
        assert [chat.title for chat in (await Monitor(room.queue).list_chats()).chats] == ["Proofs"]


async def test_numbers_are_those_of_the_lists(tmp_path) -> None:
    async with opened(tmp_path) as room:
        for name in "abc":
            await room.submit(name)
        await room.begin()
        await room.claim()
        monitor = Monitor(room.queue)
        overview = await monitor.summarize()
        listed = [(await monitor.list(Selection(group), 0, 10)).total for group in ("waiting", "running")]
        assert [overview.waiting, overview.running] == listed == [2, 1]

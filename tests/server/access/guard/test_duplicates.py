import asyncio

from server.core.errors import TooManyRequests, UpstreamFailed
from server.sdk.operation import Operations
from tests.server.access.letters import fill_disk, posting


async def test_repeated_idempotency_key_gets_the_first_response_without_running_again(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        first = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        again = await post.http.post(
            "/mail/send", content=b'{"text":"hi",  "to":"ann"}', headers={**bot, "Content-Type": "application/json"}
        )
        assert (again.status_code, again.json(), post.sent) == (200, first.json(), ["hi"])
        assert again.headers["idempotent-replayed"] == "true"
        assert (await post.last()).outcome == "repeated"
        other = await post.http.post("/mail/send", json={"to": "ann", "text": "else"}, headers=bot)
        assert (other.status_code, post.sent) == (422, ["hi"])
        second = {**await post.client("second", send_letter="allow"), "Idempotency-Key": "k1"}
        assert (await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=second)).json() == {"sent": 2}


async def test_idempotency_key_runs_once_for_twenty_concurrent_calls(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        requests = (post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot) for _ in range(20))
        answers = await asyncio.gather(*requests)
        assert post.sent == ["hi"]
        assert {answer.status_code for answer in answers} <= {200, 409}


async def test_failure_is_replayed_for_its_idempotency_key(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        post.fail = UpstreamFailed("The post office is closed.")
        assert (await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)).status_code == 502
        post.fail = None
        again = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
        assert (again.status_code, again.headers["content-type"], post.sent) == (502, "application/problem+json", [])


async def test_call_whose_outcome_nobody_knows_is_uncertain_and_its_answer_replayed(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        post.fail = UpstreamFailed("The post office did not say what became of it.", uncertain=True)
        first = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
        assert (first.status_code, first.json()["uncertain"], (await post.last()).outcome) == (502, True, "uncertain")
        post.fail = None
        again = await post.http.post("/mail/send", json={"to": "ann"}, headers=bot)
        assert (again.status_code, again.json(), post.sent) == (502, first.json(), [])
        post.fail = UpstreamFailed("The post office did not say.", uncertain=True)
        assert (await post.http.get("/mail/list", headers=bot)).status_code == 502
        assert (await post.last()).outcome == "failed", "which changed nothing"


async def test_call_that_is_to_be_repeated_later_leaves_its_idempotency_key_free(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        post.fail = TooManyRequests("The post office is full.", retry_after=1)
        assert (await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)).status_code == 429
        post.fail = None
        again = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        assert (again.status_code, post.sent) == (200, ["hi"])


async def test_interrupted_call_is_uncertain_and_never_repeated(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        post.hold = asyncio.Event()
        cut = asyncio.create_task(post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot))
        while not await post.state.activity.list():
            await asyncio.sleep(0)
        running = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        assert (running.status_code, running.headers["retry-after"]) == (409, "1")
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
    async with posting(opened) as post:
        assert "uncertain" in [entry.outcome for entry in await post.state.activity.list()]
        again = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        assert (again.status_code, post.sent) == (409, [])
        assert "Look whether it happened" in again.json()["detail"]


async def test_idempotency_key_that_is_too_long_is_refused(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(), "Idempotency-Key": "x" * 256}
        assert (await post.send(bot)).status_code == 422


async def test_ingesting_call_with_a_key_runs_once_and_without_one_each_time(opened) -> None:
    notes, added = Operations(prefix="/notes", title="Notes"), list[str]()

    @notes.operation("POST", "", scope="write:mail", ingests=True, status_code=201)
    async def add_note(text: str) -> int:
        """Add a note."""
        added.append(text)
        return len(added)

    async with posting(opened) as post:
        post.state.inside.app.include_router(notes)
        bot = await post.client()
        once = {**bot, "Idempotency-Key": "k1"}
        answers = [await post.http.post("/notes?text=a", headers=headers) for headers in (once, once, bot, bot)]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(201, 1), (201, 1), (201, 2), (201, 3)]
        assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", None, None]
        assert (await post.http.post("/notes?text=b", headers=once)).status_code == 422
        outcomes = [entry.outcome for entry in await post.state.activity.list()]
        assert outcomes == ["repeated", "done", "done", "repeated", "done"]
        await post.state.clients.revoke("bot")
        assert (await post.http.post("/notes?text=c", headers=once)).status_code == 401
        assert added == ["a", "a", "a"]


async def test_call_whose_end_cannot_be_stored_is_not_said_to_run(opened) -> None:
    async with posting(opened) as post:
        bot = {**await post.client(send_letter="allow"), "Idempotency-Key": "k1"}
        await fill_disk(post.state, "UPDATE ON activity")
        first = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        assert (first.status_code, "The call itself was made" in first.json()["detail"]) == (503, True)
        again = await post.http.post("/mail/send", json={"to": "ann", "text": "hi"}, headers=bot)
        assert (again.status_code, post.sent) == (409, ["hi"])
        assert "Look whether it happened" in again.json()["detail"]

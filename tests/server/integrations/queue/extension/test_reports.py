"""Reports about prompts that are not, or no longer, those of the extension which sends them."""

from base64 import b64decode

import pytest

from server.integrations.queue.models import PromptFile
from server.integrations.queue.states import State


@pytest.mark.parametrize(
    "report",
    [
        {"type": "status_update", "status": "executing"},
        {"type": "response", "response": "forged", "chat_id": "c"},
        {"type": "error", "error": "forged", "sent": True},
        {"type": "progress", "offset": 0, "text": "forged"},
        {"type": "response_part", "index": 0, "text": "forged"},
        {"type": "found", "state": "answered", "response": "forged"},
    ],
    ids=lambda report: report["type"],
)
async def test_report_about_the_prompt_of_another_extension_is_refused(bridge, report):
    _, key = await bridge.state.clients.create("second", frozenset({"extension"}), {}, "none")
    try:
        async with bridge.extension() as owner:
            prompt = await bridge.submit()
            request = await owner.take()
            await owner.begin(request)
            async with bridge.extension(key) as thief:
                await thief.report(request, **report)
                assert (await thief.receive())["name"] == "stale"
                await thief.settle()
            unchanged = await bridge.queue.read(prompt.id)
            assert (unchanged.state, unchanged.partial, unchanged.response) == (State.executing, None, None)
            await owner.answer(request, "true")
            assert (await bridge.queue.read(prompt.id)).response == "true"
    finally:
        await bridge.state.clients.revoke("second")


async def test_seed_extension_answers_its_own_prompts_alone(bridge):
    async with bridge.extension() as owner:
        prompt = await bridge.submit()
        request = await owner.take()
        await owner.begin(request)
        async with bridge.seed() as thief:
            await thief.send(type="response", request_id=prompt.id, response="forged", chat_id="c")
            await thief.send(type="response", request_id=prompt.id, token=request["token"], response="forged", chat_id="c")
            other = await bridge.submit()
            assert (await thief.receive())["request_id"] == other.id
        assert await bridge.read_state(prompt.id) is State.executing
        await owner.answer(request, "true")


@pytest.mark.parametrize("report", [{"type": "response", "response": "old", "chat_id": "c"}, {"type": "error", "sent": False}])
async def test_token_of_an_earlier_lease_is_refused(bridge, report):
    prompt, old = await bridge.lose(begun=False)
    async with bridge.extension() as peer:
        request = await peer.take()
        assert request["token"] > old["token"]
        await peer.begin(request)
        await peer.report(old, **report)
        assert (await peer.receive())["name"] == "stale"
        assert await bridge.read_state(prompt.id) is State.executing
        assert (await peer.answer(request, "new"))["type"] == "ack"
        assert (await bridge.queue.read(prompt.id)).response == "new"


async def test_report_without_a_token_is_refused(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.send(type="response", request_id=prompt.id, response="forged")
        assert (await peer.receive())["name"] == "invalid"
        await peer.begin(request)
        await peer.answer(request, "true")


async def test_report_about_an_unknown_prompt_is_refused(bridge):
    async with bridge.extension() as peer:
        await peer.send(type="response", request_id="../etc", token=1, response="x")
        assert (await peer.receive())["name"] == "stale"


async def test_answer_to_a_prompt_that_another_answer_has_is_acknowledged_and_ignored(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.begin(request)
        await peer.answer(request, "first")
        assert (await peer.answer(request, "second"))["type"] == "ack"
        done = await bridge.queue.read(prompt.id)
        assert (done.response, len(done.answers)) == ("first", 1)


@pytest.mark.parametrize(
    ("moment", "days"), [("never", 0), (None, 0), ("2999-01-01T00:00:00+00:00", 8), ("2001-01-01T00:00:00Z", None)]
)
async def test_reset_of_a_limit_is_not_believed_to_be_far_away(bridge, moment, days):
    async with bridge.extension() as peer:
        await peer.send(type="page", state="limit", **({"resets_at": moment} if moment else {}))
        await peer.settle()
    until = (await bridge.queue.summarize()).limit_until
    now = bridge.state.context.clock.now()
    if days is None:
        assert until is None or until <= now
    else:
        assert until
        assert days * 86_400 - 60 < (until - now).total_seconds() <= max(days * 86_400, 3_600)
    await bridge.queue.limit_until(None)


async def test_files_are_handed_to_the_extension_that_has_the_prompt_alone(bridge):
    file = PromptFile("a.bin", "application/octet-stream", bytes(range(256)) * 2_000)
    _, key = await bridge.state.clients.create("thief", frozenset({"extension"}), {}, "none")
    try:
        async with bridge.extension() as owner:
            await bridge.submit(attachments=(file,))
            request = await owner.take()
            assert request["attachments"] == [file.describe() | {"size": 512_000}]
            data = b""
            while len(data) < 512_000:
                await owner.report(request, type="attachment", place=0, offset=len(data))
                ack = await owner.receive()
                assert (ack["of"], ack["request_id"]) == ("attachment", request["request_id"])
                data += b64decode(ack["data"])
            assert data == file.data
            for offset, answer in ((2**30, ("ack", "")), (2**32, ("error", None))):
                await owner.report(request, type="attachment", place=0, offset=offset)
                behind = await owner.receive()
                assert (behind["type"], behind.get("data")) == answer
            async with bridge.extension(key) as thief:
                await thief.report(request, type="attachment", place=0, offset=0)
                assert (await thief.receive())["name"] == "stale"
            await owner.begin(request)
            await owner.answer(request, "Read.")
            await owner.report(request, type="attachment", place=0, offset=0)
            assert (await owner.receive())["name"] == "stale", "the prompt has ended"
    finally:
        await bridge.state.clients.revoke("thief")


async def test_file_is_refused_with_the_token_of_an_earlier_lease(bridge):
    async with bridge.extension() as owner:
        await bridge.submit(attachments=(PromptFile("a.txt", "text/plain", b"abc"),))
        request = await owner.take()
        await owner.report({**request, "token": request["token"] + 1}, type="attachment", place=0, offset=0)
        assert (await owner.receive())["name"] == "stale"


async def test_message_about_an_earlier_lease_leaves_the_present_one(bridge):
    _, old = await bridge.lose(begun=False)
    async with bridge.extension() as peer:
        request = await peer.take()
        await peer.report(old, type="status_update", status="executing")
        assert (await peer.receive())["name"] == "stale"
        await peer.begin(request)
        assert (await peer.answer(request, "new"))["type"] == "ack"


async def test_text_says_that_the_prompt_was_begun(bridge):
    async with bridge.extension() as peer:
        prompt = await bridge.submit()
        request = await peer.take()
        await peer.report(request, type="progress", text="So far")
        await peer.settle()
        assert (await bridge.queue.read(prompt.id)).partial == "So far"
        assert (await peer.answer(request, "Done"))["type"] == "ack"

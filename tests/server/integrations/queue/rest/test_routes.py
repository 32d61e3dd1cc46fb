"""The addresses of the queue's API over the public surface, with the statuses and shapes that its clients have always had."""

import asyncio
import re

from server.runtime.state import RateLimits
from tests.server.integrations.queue.rest.test_models import SEED_FIELDS
from tests.server.integrations.queue.rest_setup import serving

CHAT = "/api/chat"
FAILURES = [
    ("POST", "/submit/", {}, 400),
    ("POST", "/submit/", {"message": ""}, 400),
    ("POST", "/submit/", {"message": "x", "response_type": "slow"}, 400),
    ("POST", "/submit/?wait=61", {"message": "x"}, 400),
    ("GET", "/requests/?status=waiting", None, 400),
    ("GET", "/requests/?page_token=abc", None, 400),
    ("GET", "/requests/?page_token=9999999999999999999", None, 400),  # more than the database can count
    ("POST", "/submit/", {"message": "x", "not_before": "0001-01-01T00:00:00+23:59"}, 400),
    ("GET", "/requests/unknown/", None, 404),
    ("PUT", "/requests/unknown/", {"message": "x"}, 404),
    ("POST", "/requests/unknown/cancel/", None, 404),
    ("POST", "/requests/unknown/retry/", None, 404),
    ("POST", "/requests/unknown/replay/", {}, 404),
    ("GET", "/chats/unknown/", None, 404),
    ("GET", "/nothing/", None, 404),
    ("DELETE", "/submit/", None, 405),
]
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


async def test_submitted_prompt_has_the_eleven_fields_and_waits(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        for path in (f"{CHAT}/submit/", f"{CHAT}/submit"):
            order = {"message": "Explain", "response_type": "thinking", "thinking_time": "extended"}
            answer = await served.http.post(path, json=order, headers=bot)
            body = answer.json()
            assert (answer.status_code, tuple(body)[:11]) == (201, SEED_FIELDS)
            assert UTC_TIME.fullmatch(body["queued_at"])
            unknown = ("response", "error_message", "chat", "started_at", "completed_at")
            assert [body[name] for name in unknown] == [None] * 5
            assert (body["status"], body["response_type"], body["thinking_time"]) == ("idle", "thinking", "extended")
        assert body["position"] == 2


async def test_thinking_time_is_kept_and_has_defaults(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        body = await served.submit(bot, response_type="instant", thinking_time="extended")
        assert (body["response_type"], body["thinking_time"]) == ("instant", "extended")
        body = await served.submit(bot, chat_id="", response_type=None)
        assert (body["response_type"], body["thinking_time"], body["chat"]) == ("auto", "standard", None)


async def test_failure_is_a_detail_with_the_status_of_the_api(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.client()
        for method, path, body, status in FAILURES:
            answer = await served.http.request(method, CHAT + path, json=body, headers=bot)
            assert (answer.status_code, list(answer.json())) == (status, ["detail"]), path
            assert answer.headers["content-type"] == "application/json"


async def test_missing_and_unknown_key_are_401_and_a_missing_scope_is_403(tmp_path) -> None:
    async with serving(tmp_path) as served:
        reader = await served.client("reader", "read:queue")
        for headers, status in (({}, 401), ({"X-API-Key": "wrong"}, 401), (reader, 403)):
            answer = await served.http.post(f"{CHAT}/submit/", content=b"{broken", headers=headers)
            assert (answer.status_code, list(answer.json())) == (status, ["detail"])
        assert (await served.http.get("/api/sse/unknown/")).status_code == 401


async def test_prompt_is_read_while_it_waits_runs_and_is_done(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        lease = await served.begin()
        running = await served.read(bot, prompt_id)
        assert (running["status"], running["position"], bool(running["started_at"])) == ("executing", None, True)
        await served.queue.release(lease.prompt.id, lease.token)
        await served.answer("An answer.", "chat-9", "A title")
        done = await served.read(bot, prompt_id)
        assert (done["status"], done["response"], done["chat"]) == ("done", "An answer.", "chat-9")
        assert UTC_TIME.fullmatch(done["completed_at"])


async def test_failed_prompt_says_why_and_is_retried(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt_id = (await served.submit(bot))["id"]
        await served.fail("ChatGPT said no.")
        failed = await served.read(bot, prompt_id)
        assert (failed["status"], failed["error_message"], failed["error_name"]) == ("failed", "ChatGPT said no.", "broken")
        answer = await served.http.post(f"{CHAT}/requests/{prompt_id}/retry/", headers=bot)
        assert (answer.status_code, answer.json()["status"]) == (200, "idle")
        assert (await served.answer()).id == prompt_id
        assert (await served.http.post(f"{CHAT}/requests/{prompt_id}/retry/", headers=bot)).status_code == 409


async def test_prompts_are_a_bare_list_newest_first_by_status_and_page(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot, other = await served.allowed(), await served.allowed("other")
        ids = [(await served.submit(bot, f"Message {number}"))["id"] for number in range(5)]
        theirs = await served.submit(other)
        await served.answer()
        listed = (await served.http.get(f"{CHAT}/requests/", headers=bot)).json()
        assert [item["id"] for item in listed] == ids[::-1]
        assert tuple(listed[0])[:11] == SEED_FIELDS
        for status, expected in (("done", ids[:1]), ("idle", ids[:0:-1]), ("failed", [])):
            answer = await served.http.get(f"{CHAT}/requests/", params={"status": status}, headers=bot)
            assert [item["id"] for item in answer.json()] == expected
        seen, token = list[str](), None
        for pages in range(1, 4):
            query = {"limit": 2} | ({"page_token": token} if token else {})
            answer = await served.http.get(f"{CHAT}/requests/", params=query, headers=bot)
            seen += [item["id"] for item in answer.json()]
            token = answer.headers.get("x-next-page-token")
            assert bool(token) == (pages < 3)
        assert seen == ids[::-1]
        for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
            answer = await served.http.request(method, f"{CHAT}/requests/{theirs['id']}{path}", headers=bot)
            assert answer.status_code == 404
        stream = await asyncio.wait_for(served.http.get(f"/api/sse/{theirs['id']}/", headers=bot), 60)
        assert stream.status_code == 404


async def test_next_idle_prompt_is_the_oldest_of_the_client_and_204_means_none(tmp_path) -> None:
    async with serving(tmp_path) as served:
        other, bot = await served.allowed("other"), await served.allowed()
        await served.submit(other)
        assert (await served.http.get(f"{CHAT}/requests/next-idle/", headers=bot)).status_code == 204
        first = await served.submit(bot, "First")
        await served.submit(bot, "Second")
        answer = await served.http.get(f"{CHAT}/requests/next-idle/", headers=bot)
        assert (answer.status_code, answer.json()["id"]) == (200, first["id"])


async def test_unknown_chat_is_made_and_every_chat_has_a_number(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        continued = await served.submit(bot, chat_id="chatgpt-abc123")
        await served.submit(bot)
        assert continued["chat"] == "chatgpt-abc123"
        chats = (await served.http.get(f"{CHAT}/chats/", headers=bot)).json()
        assert [tuple(chat) for chat in chats] == [("id", "chat_id", "title", "created_at", "updated_at")] * 2
        assert {chat["chat_id"]: chat["title"] for chat in chats} == {"chatgpt-abc123": None, None: None}
        assert all(isinstance(chat["id"], int) for chat in chats)
        await served.answer("Hi", "chatgpt-abc123", "Physics")
        answer = await served.http.get(f"{CHAT}/chats/chatgpt-abc123/", headers=bot)
        assert (answer.status_code, answer.json()["title"]) == (200, "Physics")
        other = await served.client("other")
        assert (await served.http.get(f"{CHAT}/chats/chatgpt-abc123/", headers=other)).status_code == 404


async def test_chats_come_in_pages_of_what_one_answer_holds(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        for number in range(3):
            await served.submit(bot, chat_id=f"chat-{number}")
        first = await served.http.get(f"{CHAT}/chats/?limit=2", headers=bot)
        rest = await served.http.get(f"{CHAT}/chats/?page_token={first.headers['x-next-page-token']}", headers=bot)
        assert [chat["chat_id"] for chat in first.json() + rest.json()] == ["chat-0", "chat-1", "chat-2"]
        assert "x-next-page-token" not in rest.headers
        assert (await served.http.get(f"{CHAT}/chats/?page_token=x", headers=bot)).status_code == 400
        for number in range(60):
            await served.submit(bot, chat_id=f"{number}-{'x' * 1_900}")
        cut = await served.http.get(f"{CHAT}/chats/", headers=bot)
        assert len(cut.content) < 90_000
        assert cut.headers["x-next-page-token"] == str(cut.json()[-1]["id"])


async def test_idempotency_key_submits_once(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = {**await served.client(), "Idempotency-Key": "k1"}
        first, again = await served.submit(bot), await served.submit(bot)
        assert first["id"] == again["id"]
        other = await served.http.post(f"{CHAT}/submit/", json={"message": "Other"}, headers=bot)
        assert (other.status_code, list(other.json())) == (400, ["detail"])
        assert len((await served.http.get(f"{CHAT}/requests/", headers=bot)).json()) == 1


async def test_ten_prompts_a_second_are_taken_whatever_the_usual_limits_are(tmp_path) -> None:
    async with serving(tmp_path, RateLimits("3/minute", "3/minute")) as served:
        bot = await served.client(rate=None)
        orders = (served.http.post(f"{CHAT}/submit/", json={"message": "Hi"}, headers=bot) for _ in range(15))
        statuses = [answer.status_code for answer in await asyncio.gather(*orders)]
        assert statuses.count(201) >= 10
        assert set(statuses) <= {201, 429}


async def test_paused_deskhand_takes_no_prompt_and_sends_none(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        prompt = await served.submit(bot)
        await served.state.pause.begin(15)
        assert (await served.http.post(f"{CHAT}/submit/", json={"message": "Hi"}, headers=bot)).status_code == 503
        assert await served.queue.claim("extension") is None
        assert (await served.read(bot, prompt["id"]))["status"] == "idle"
        await served.state.pause.end()
        assert (await served.answer()).id == prompt["id"]


async def test_operations_are_tools_of_a_client_with_the_scopes(tmp_path) -> None:
    async with serving(tmp_path) as served:
        bot = await served.allowed()
        tools = await served.call_mcp(bot, "tools/list")
        names = {tool["name"]: tool["annotations"] for tool in tools["tools"]}
        assert names.keys() >= {
            "submit_prompt", "read_prompt", "list_prompts", "list_prompt_chats", "read_prompt_chat", "edit_prompt",
            "cancel_prompt", "retry_prompt", "replay_prompt",
        }  # fmt: skip
        assert not {"follow_prompt", "read_next_prompt", "set_prompt_webhook"} & names.keys()
        assert (names["submit_prompt"]["readOnlyHint"], names["read_prompt"]["readOnlyHint"]) == (False, True)
        made = await served.call_mcp(bot, "tools/call", name="submit_prompt", arguments={"message": "From a tool"})
        prompt_id = made["structuredContent"]["id"]
        await served.answer("To a tool")
        read = await served.call_mcp(bot, "tools/call", name="read_prompt", arguments={"prompt_id": prompt_id})
        assert read["structuredContent"]["response"] == "To a tool"

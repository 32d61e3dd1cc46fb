"""The real extension on pages that it does not know, and on pages that are slow."""

from typing import Any

import pytest

from server.integrations.queue.models import Prompt
from server.integrations.queue.states import State
from tests.extension.conftest import Stage

LIMIT = 15_000  # milliseconds that a page which goes on changing is waited for
SLOW = 4_000  # milliseconds, which is longer than a settled page is waited for
AGE = "() => performance.now() - performance.getEntriesByType('navigation')[0].loadEventEnd"


async def read_age(stage: Stage) -> float:
    """Read how many milliseconds ago the page in the work tab was loaded."""
    return float(await stage.find_page().evaluate(AGE))


async def has_failed(stage: Stage, prompt: Prompt) -> bool:
    return any(entry.reason for entry in (await stage.read(prompt)).history)


def add_chat(stage: Stage) -> str:
    return stage.fake.account.add_chat("Earlier", [("user", "Earlier"), ("assistant", "Yes.")]).chat_id


@pytest.mark.parametrize(
    ("parts", "in_chat", "missing"),
    [(("editor",), False, ["editor"]), (("message",), True, ["user", "assistant"])],
)
async def test_unknown_layout_is_reported_as_soon_as_the_page_has_settled(ready, parts, in_chat, missing):
    ready.fake.behave(missing=parts)
    more: dict[str, Any] = {"chat_id": add_chat(ready)} if in_chat else {}
    prompt = await ready.submit("Where is everything", **more)
    page = await ready.wait_for_page("unknown_layout")
    assert page["missing"] == missing
    assert await read_age(ready) < LIMIT - 5_000
    await ready.wait_for(prompt, State.idle)
    ready.fake.behave(missing=())
    await ready.find_page().reload()
    await ready.finish(prompt)


async def test_self_test_of_an_unknown_page_ends_when_it_has_settled(ready):
    ready.fake.behave(missing=("editor",))
    test = await ready.act("selfTest")
    assert (test["ok"], test["missing"]) == (False, ["editor"])
    assert await read_age(ready) < 8_000
    assert "loading" not in test


@pytest.mark.parametrize(("slow", "in_chat"), [("script_ms", False), ("load_ms", True)])
async def test_slow_page_is_waited_for(ready, slow, in_chat):
    """The document is not complete without its script, and a chat is not loaded without its messages."""
    ready.fake.behave(**{slow: SLOW})
    prompt = await ready.submit(f"Slowly, {slow}", chat_id=add_chat(ready) if in_chat else None)
    assert (await ready.finish(prompt)).state is State.done
    assert not await has_failed(ready, prompt)

"""Whatever a client says, nothing runs but what is on the list, and it is handed what is on the list."""

import asyncio
import os
import re
import shutil
import sys
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from server.core.errors import DeskhandError
from server.integrations.apps.models import Action, Order
from server.integrations.apps.service import Timing
from tests.server.integrations.apps.desk import entry_for

pytestmark = pytest.mark.skipif(os.name == "nt", reason="it runs a program that Windows does not have")

STARTS_SOMETHING = {
    "subprocess.Popen",
    "os.posix_spawn",
    "os.system",
    "os.exec",
    "os.fork",
    "os.spawn",
    "os.startfile",
    "pty.spawn",
}
HEARD: list[tuple[str, tuple[object, ...]]] = []
FIXED = ["--new", "$(touch hacked)", "two words"]

NASTY = ["", "-", "--help", "..", "../secret", "/bin/sh", "; id", "| id", "$(id)", "`id`", "\n", "%COMSPEC%", "'", '"', "*", "~"]
names = st.one_of(
    st.just("quick"),
    st.sampled_from(["quick", "QUICK", " fast ", "quick;", "quick --x", "/bin/true", "../programs/quick", "true", "quic"]),
    st.builds("{}{}".format, st.sampled_from(["quick", "fast", ""]), st.sampled_from(NASTY)),
    st.text(max_size=30),
)
targets = st.one_of(
    st.none(),
    st.sampled_from(["a.txt", "-rf", "deep", "https://example.com/x"]),
    st.sampled_from(["a.txt", "-rf", "deep", "out", "./a.txt", "~/papers/a.txt", "https://example.com/?a=$(id)&b='c'"]),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "~/papers/", "https://example.com/", "file://"]),
        st.text(max_size=20),
        st.sampled_from(NASTY),
    ),
    st.text(max_size=60),
)
presets = st.one_of(st.none(), st.just("loud"), st.sampled_from(["loud", "LOUD", "--loud", "quiet"]), st.text(max_size=10))


@pytest.fixture(scope="module", autouse=True)
def listening():
    """Hear of every process that this one starts, by whatever means."""
    on = [True]
    sys.addaudithook(lambda event, arguments: HEARD.append((event, arguments)) if on and event in STARTS_SOMETHING else None)
    yield
    on.clear()


@pytest.fixture
def hostile(desk):
    papers = desk.folder / "papers"
    (papers / "deep").mkdir(parents=True)
    for name in ("a.txt", "-rf", "deep/b.txt"):
        (papers / name).write_text("x")
    (desk.folder / "secret.txt").write_text("x")
    (papers / "out").symlink_to(desk.folder / "secret.txt")
    shutil.copy2(shutil.which("true"), desk.programs / "quick")
    entry = {"args": FIXED, "aliases": ["fast"], "presets": {"loud": ["--loud"]}}
    desk.allow(
        quick=entry_for(str(desk.programs / "quick"), open={"files": ["~/papers"], "addresses": ["https://example.com"]}, **entry)
    )
    desk.timing = Timing(settle_seconds=5, appear_seconds=0)
    return desk


def expected(desk, order):
    """The words that this order may run at most."""
    words = [str(desk.programs / "quick"), *FIXED]
    if order.preset is not None and order.preset.strip().lower() == "loud":
        words.append("--loud")
    return words


@pytest.mark.timeout(7_200)
def test_hostile_request_runs_only_listed_commands(hostile, long):
    papers = str(hostile.folder / "papers")
    seen = []

    async def scenario(launcher):
        loop = asyncio.get_running_loop()

        @settings(max_examples=100_000 if long else 400, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(name=names, action=st.sampled_from([*Action, "kill", "run"]), target=targets, preset=presets)
        @example("quick", "start", None, None)
        @example("quick", "open", "a.txt", "loud")
        def try_to_break(name, action, target, preset):
            HEARD.clear()
            with suppress(ValidationError, DeskhandError):
                order = Order(app_name=name, action=action, target=target, preset=preset)
                asyncio.run_coroutine_threadsafe(launcher.control(order), loop).result(60)
            for event, (executable, words, *_) in HEARD:
                assert event == "subprocess.Popen"
                assert executable == str(hostile.programs / "quick")
                fixed = expected(hostile, order)
                assert list(words[: len(fixed)]) == fixed
                rest = words[len(fixed) :]
                if order.action is Action.open:
                    (opened,) = rest
                    assert urlsplit(opened)[:2] == ("https", "example.com") or opened.startswith(papers)
                    assert ".." not in re.split(r"[/\\]", opened)
                else:
                    assert not rest
                seen.append(order.action)
            assert len(HEARD) <= 1

        await asyncio.to_thread(try_to_break)

    hostile.play(scenario, {"HOME": str(hostile.folder), "PATH": "/usr/bin:/bin"})
    assert {Action.start, Action.open} <= set(seen), "nothing was tried that could have run"
    assert not (hostile.folder / "hacked").exists()

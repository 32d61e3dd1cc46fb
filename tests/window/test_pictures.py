"""Every page, light and dark, as the README shows it: `python3 run.py test tests/window/test_pictures.py --pictures`."""

import io
import os
import sys
import threading

import pytest
from PIL import Image
from playwright.sync_api import expect

from desktop.server_thread import BackgroundServer
from server.lifecycle.program import Options, Program
from tests.conftest import ROOT
from tests.server.conftest import Served
from tests.window.conftest import UNTIL_AT_REST
from tests.window.registry import NAMES
from tests.window.stage import BEGUN, GPT, NOW, WoundClock, ask_without_waiting, lay_out_programs, play

FOLDER = ROOT / "docs" / "pictures"
SIZE = {"width": 1120, "height": 760, "device_scale_factor": 2}
SHOW_PROGRAMS_IN = """
([folder, shown]) => {
  const texts = document.createTreeWalker(document, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, shown)
}
"""
MOST_BYTES = 2_500_000  # all pictures together


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A demo in which a morning has passed."""
    folder = tmp_path_factory.mktemp("stage")
    lay_out_programs(folder / "programs")
    ask_without_waiting(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKHAND_DEMO_TOOLS", "on")
        patch.delenv("DESKHAND_DEMO_OPENAI", raising=False)
        patch.setenv("PATH", str(folder / "programs"), prepend=os.pathsep)
        clock = WoundClock(BEGUN)
        options = Options(port=0, data_dir=folder / "data", demo=True, public_url="https://alex-desk.example.org")
        background = BackgroundServer(Program(options, clock=clock))
        ready = background.start()
        served = Served(background, ready.public, ready.local, folder / "data")
        play(served, clock)
        wait_for_history(served)
        yield served
        assert background.stop()


def wait_for_history(server: Served) -> None:
    """Wait until the demo has imported its ChatGPT history."""
    while not (imports := server.person("GET", "/api/imports").json()["imports"]):
        threading.Event().wait(0.1)
    assert server.person("GET", f"/api/imports/{imports[0]['id']}?wait=30", timeout=40).json()["state"] == "done"


def find_talk(server: Served) -> str:
    """Find a conversation that shows much of what can be read."""
    chats = server.person("GET", "/api/chats?source=chatgpt&limit=200").json()["chats"]
    return str(next(chat["id"] for chat in chats if chat["title"].startswith("Soup with")))


@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_its_pictures(open_page, server, pictures, name):
    path = {"connect": f"connect/gpt/{GPT}"}.get(name, name)
    if name == "conversations":
        path = f"{name}/{find_talk(server)}"
    page = open_page(path, **SIZE, at=NOW, timezone_id="Europe/London", locale="en-GB")
    for look in ("light", "dark"):
        page.emulate_media(color_scheme=look, reduced_motion="reduce")
        page.evaluate(UNTIL_AT_REST)
        blocked = page.locator("[aria-disabled=true]:not(.versions *)")  # what has just come cannot be pressed for a moment
        expect(blocked).to_have_count(0)
        page.evaluate(SHOW_PROGRAMS_IN, [str(server.data.parent / "programs"), "/usr/bin"])
        for python in (sys.executable, sys.executable.replace(str(ROOT), "•••")):
            page.evaluate(SHOW_PROGRAMS_IN, [python, "/usr/bin/python3"])
        taken = quantise(page.screenshot())
        assert len(taken) > 10_000, "there is hardly anything on it"
        if pictures:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / f"{name}-{look}.png").write_bytes(taken)


def quantise(picture: bytes) -> bytes:
    """Make it a fifth of its size; nobody sees a difference, for the window has few colours."""
    small = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(160, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def test_screenshots_are_small():
    sizes = {path.name: path.stat().st_size for path in FOLDER.glob("*.png")}
    assert sum(sizes.values()) < MOST_BYTES, sizes

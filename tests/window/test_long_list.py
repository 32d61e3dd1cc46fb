"""A list of 100,000 conversations in the window, over a real server; without `--long` of fewer."""

import sqlite3
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.server.conftest import Serve, Served

NOW = 1_790_000_000
MEASURE = """
async () => {
  const frames = [], list = document.querySelector('[aria-label="All conversations"]')
  for (let step = 0, last = performance.now(); step < 120; step += 1) {
    list.scrollTop = list.scrollHeight * step / 120
    const now = await new Promise(requestAnimationFrame)
    frames.push(now - last)
    last = now
  }
  return frames
}
"""
SMOOTH_MS, MOST_ROUGH = 50, 12  # of 120 frames, on a busy machine


@pytest.fixture
def server(serve: Serve) -> Served:
    served = serve()
    served.person("GET", "/api/imports")  # which makes the archive
    return served


def fill(server: Served, many: int) -> None:
    """Add conversations to the archive, one every twenty minutes."""
    rows = [(f"c{number}", f"Talk {number}", NOW - number * 1_200, "chatgpt") for number in range(many)]
    with closing(sqlite3.connect(server.data / "archive.db")) as archive, archive:
        archive.executemany("INSERT INTO chat_conversation(id, title, updated_at, source) VALUES (?, ?, ?, ?)", rows)


def test_end_of_a_long_list_needs_few_pages(open_page, server, long):
    many = 100_000 if long else 5_000
    fill(server, many)
    page = open_page("conversations")
    offsets: list[int] = []
    page.on("request", lambda request: offsets.extend(map(int, parse_qs(urlsplit(request.url).query).get("offset", []))))
    page.get_by_role("link", name="Talk 0 ").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name=f"Talk {many - 1} ")).to_be_focused()
    assert offsets == [many - 100]
    rough = [frame for frame in page.evaluate(MEASURE) if frame > SMOOTH_MS]
    assert len(rough) <= MOST_ROUGH
    assert page.get_by_role("listitem").count() < 80

"""No word that a browser shows of a mail is missing from what the person is shown before it goes out."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from server.integrations.gmail.mime.html import REST
from server.integrations.gmail.mime.html_notes import OTHER_DOCUMENT, STYLE_SHEET
from server.integrations.gmail.mime.outgoing_html import rebuild
from server.integrations.gmail.mime.raw_message import RawMail, read_raw
from tests.checks.hostile_html import make_mail
from tests.window.conftest import running_browser

ADDRESS = "http://mail.example/"
WORD = re.compile(r"w\d+x\d+y")
SHOWN = {
    "IMG": ["alt"],
    "INPUT": ["alt", "placeholder"],
    "TEXTAREA": ["placeholder"],
    "OPTION": ["label"],
    "OPTGROUP": ["label"],
}
ON_ONE_PAGE = 50
ADDING = {OTHER_DOCUMENT, STYLE_SHEET, REST}  # notes of drafts in which words may be that the text does not have
MOST_UNSHOWN = 0.7  # of the drafts


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without scripts and network, as mail programs show mail."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def render(page: Page, mails: list[str]) -> list[str]:
    """Lay out mails in a browser, each in a frame of its own. Returns the text of each."""
    frames = "".join(f'<iframe srcdoc="{html.escape(mail)}" width=800 height=600></iframe>' for mail in mails)

    def serve(route: Route) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=f"<!doctype html><meta charset=utf-8>{frames}", content_type="text/html; charset=utf-8")
        else:
            route.abort()

    page.unroute_all()
    page.route("**/*", serve)
    page.goto(ADDRESS)
    snapshot = page.context.new_cdp_session(page).send("DOMSnapshot.captureSnapshot", {"computedStyles": []})
    documents = list_frames(snapshot, 0)
    assert len(documents) == len(mails)
    return [read_layout(snapshot, document) for document in documents]


def list_frames(snapshot: dict[str, Any], document: int) -> list[int]:
    """The documents in the frames of one, in the order of these."""
    frames = snapshot["documents"][document]["nodes"]["contentDocumentIndex"]
    return [inner for _, inner in sorted(zip(frames["index"], frames["value"], strict=True))]


def read_layout(snapshot: dict[str, Any], document: int) -> str:
    """The text that was laid out, with that of the frames inside."""
    strings, layout, nodes = snapshot["strings"], *(snapshot["documents"][document][part] for part in ("layout", "nodes"))
    indexes = [*layout["text"]]
    indexes += [index for kind in ("textValue", "inputValue") for index in nodes[kind]["value"]]
    names = [strings[index] for index in nodes["nodeName"]]
    shown = set(layout["nodeIndex"])
    for node, attributes in enumerate(nodes["attributes"]):  # of what is drawn by a picture or a control itself
        if node in shown or names[node] in {"OPTION", "OPTGROUP"}:
            pairs = zip(attributes[::2], attributes[1::2], strict=True)
            indexes += [value for name, value in pairs if strings[name] in SHOWN.get(names[node], ())]
        parent = nodes["parentIndex"][node]
        if names[node] == "#text" and parent >= 0 and names[parent] == "OPTION":
            indexes.append(nodes["nodeValue"][node])
    return " ".join(
        [
            *(strings[index] for index in indexes if index >= 0),
            *(read_layout(snapshot, inner) for inner in list_frames(snapshot, document)),
        ]
    )


def make_draft(mail: str) -> RawMail:
    return read_raw(b"To: bob@example.com\nContent-Type: text/html; charset=utf-8\n\n" + mail.encode())


def find_missing(rendered: str, shown: str) -> set[str]:
    return set(WORD.findall(rendered)) - set(WORD.findall(shown))


def test_browser_tells_every_word_that_it_shows(page):
    source = (
        "<textarea>w1x1y</textarea><svg><text y=9>w1x2y</text></svg><!-- --!>w1x3y<img alt=w1x4y><input value=w1x5y>"
        "<style>p::after{content:'w1x6y'}</style><p><iframe srcdoc='w1x7y'></iframe><b hidden>w1x8y</b><noscript>w1x9y</noscript>"
    )
    (rendered,) = render(page, [source])
    assert set(WORD.findall(rendered)) == {f"w1x{number}y" for number in (1, 2, 3, 4, 5, 6, 7, 9)}


@pytest.mark.timeout(1200)
def test_every_word_that_a_browser_shows_is_in_the_approval(page, long):
    number, unshown, words = (1000 if long else 60), 0, 0
    for first in range(0, number, ON_ONE_PAGE):
        seeds = range(first, min(first + ON_ONE_PAGE, number))
        mails = [make_mail(seed) for seed in seeds]
        rebuilt = [rebuild(mail) for mail in mails]
        for seed, outgoing, rendered in zip(seeds, rebuilt, render(page, [item.source for item in rebuilt]), strict=True):
            assert find_missing(rendered, outgoing.text) == set(), f"seed {seed}: {outgoing.source}"
            words += len(WORD.findall(rendered))
        for seed, mail, rendered in zip(seeds, mails, render(page, mails), strict=True):
            draft = make_draft(mail)
            adds_words = any(ADDING.intersection(part.unshown) for part in draft.unshown)
            shown = draft.source if adds_words else dict(draft.fields())["HTML part"]
            assert find_missing(rendered, shown) == set(), f"seed {seed}: {mail}"
            unshown += adds_words
    print(f"{number} mails, {words} words shown, {unshown} drafts that must be opened")
    assert words > number
    assert unshown < number * MOST_UNSHOWN

"""The extension's pure functions in a real browser: Markdown, editor, limits, and the adapter's self-test."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from server.integrations.queue.extension_files import build_files
from server.integrations.queue.fake.pages import read_json
from tests.window.conftest import browser

__all__ = ["browser"]

SITE = "https://chat.test"
TEX = '<annotation encoding="application/x-tex">a^2</annotation>'
LANGUAGES = sorted(read_json("languages.json"))
CALL = "async ([file, name, ...values]) => (await import(`/${file}`))[name](...values)"
WRITE = """
async (html) => {
  const {toMarkdown} = await import('/page/markdown.js')
  document.body.innerHTML = `<div id=answer>${html}</div>`
  return toMarkdown(document.getElementById('answer'))
}
"""
READ = """
async (html) => {
  const {readEditor} = await import('/page/editor.js')
  document.body.innerHTML = `<div id=editor>${html}</div>`
  return readEditor(document.getElementById('editor'))
}
"""
TEST = """
async (html) => {
  const {selfTest} = await import('/page/page.js')
  document.body.innerHTML = html
  const {ok, layout, language, missing, page} = selfTest(document)
  const held = page.held()
  return {ok, layout, language, missing, held: held && held.state, chat: page.chatId, title: page.title, failure: page.failure}
}
"""

CONNECT = """
async () => {
  const accept = [], told = []
  const storage = {get: (name) => new Promise((resolve) => setTimeout(resolve, 10, {[name]: 7})), set: async () => {}}
  const event = (listening) => ({addListener: (listen) => listening.push(listen)})
  const [tabs, windows] = [{onRemoved: event([]), onActivated: event([])}, {onFocusChanged: event([])}]
  window.chrome = {runtime: {onConnect: event(accept)}, tabs, windows, storage: {session: storage}}
  const {WorkTab} = await import('/worker/work_tab.js')
  new WorkTab({methods: {ready: () => told.push('ready'), outcome: () => told.push('outcome')}})
  const hear = []
  const answered = new Promise((resolve) => {
    const sender = {tab: {id: 7}, frameId: 0}
    accept[0]({name: 'page', sender, onMessage: event(hear), onDisconnect: event([]), postMessage: resolve})
  })
  hear[0]({method: 'ready', params: {}})
  hear[0]({call: 1, method: 'outcome', params: {}})
  return {answer: await answered, told}
}
"""

FIND = """
async (ahead) => {
  const {findSent} = await import('/page/history.js')
  const theirs = Date.now() - ahead
  const message = {author: {role: 'user'}, create_time: theirs / 1000 - 60, content: {parts: ['Sent?']}}
  const conversation = {mapping: {last: {message}}, current_node: 'last'}
  const headers = {date: new Date(theirs).toUTCString()}
  const answer = (url) => (url.pathname.endsWith('session') ? {accessToken: 'x'} : conversation)
  window.fetch = async (url) => new Response(JSON.stringify(answer(url)), {headers})
  return findSent({message: 'Sent?', chat_id: 'chat', since: Date.now() - 90_000})
}
"""


def serve_file(route: Route) -> None:
    """Serve the extension's files, and a blank page at any other path."""
    name = route.request.url.removeprefix(f"{SITE}/")
    content = build_files().get(name)
    if content is None:
        route.fulfill(body="<!doctype html><html lang=en><title>ChatGPT</title><body>", content_type="text/html")
    else:
        route.fulfill(body=content, content_type="text/javascript")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.route("**/*", serve_file)
    page.goto(f"{SITE}/")
    yield page
    page.close()


def call(page: Page, file: str, name: str, *values: Any) -> Any:
    return page.evaluate(CALL, [file, name, *values])


def write(page: Page, html: str) -> str:
    return str(page.evaluate(WRITE, html)["text"])


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<h2>A <em>title</em></h2><p>Text</p>", "## A *title*\n\nText"),
        ("<p>a<br>b</p>", "a\nb"),
        ("<p>some <strong>bold </strong>text</p>", "some **bold** text"),
        ("<ul><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="3"><li>c</li><li>d</li></ol>', "3. c\n4. d"),
        ("<ul><li><input type=checkbox checked> done</li></ul>", "- [x] done"),
        ("<blockquote><p>said</p><p>more</p></blockquote>", "> said\n>\n> more"),
        ("<p>use <code>a`b</code></p>", "use ``a`b``"),
        ("<pre><div>python<button>Copy code</button></div><code>x = 1\n\ny\n</code></pre>", "```python\nx = 1\n\ny\n```"),
        ('<pre><code class="language-md">```\nin\n```</code></pre>', "````md\n```\nin\n```\n````"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td></tr></table>", "| a | b |\n| --- | --- |\n| 1\\|2 |  |"),
        ('<p><a href="https://a.example/x y">label</a></p>', "[label](https://a.example/x%20y)"),
        ('<p><a href="javascript:alert(1)">label</a></p>', "label"),
        ('<p><img alt="A cat" src="/cat.png"></p>', f"![A cat]({SITE}/cat.png)"),
        ("<hr><p>end</p>", "---\n\nend"),
        ("<p>2 * 3 * 4, snake_case_name</p>", "2 * 3 * 4, snake_case_name"),
        ("<p>*stars* and _lines_ and &lt;b&gt;</p>", "\\*stars\\* and \\_lines\\_ and \\<b>"),
        ("<p># no title</p><p>1. no list</p>", "\\# no title\n\n1\\. no list"),
        ("<p>Thought<button>Copy</button></p><svg><text>x</text></svg>", "Thought"),
        ('<div style="white-space: pre-wrap">a\n  b</div>', "a\n  b"),
        (
            f'<p>so <span class="katex"><math>{TEX}</math><i aria-hidden>2</i></span>.</p>',
            "so $a^2$.",
        ),
    ],
)
def test_answer_becomes_markdown(page, html, markdown):
    assert write(page, html) == markdown


def test_citations_and_images_are_listed_once(page):
    html = (
        '<p>A<span data-testid="webpage-citation-pill"><a href="https://a.example/1"><img src="/i.png">A site</a></span> '
        '<sup><a href="https://b.example/">2</a></sup> <a href="https://c.example/">plain</a>'
        '<span data-testid="webpage-citation-pill"><a href="https://a.example/1">A site</a></span><img alt=x src="/big.png"></p>'
    )
    result = page.evaluate(WRITE, html)
    assert [citation["url"] for citation in result["citations"]] == ["https://a.example/1", "https://b.example/"]
    assert result["citations"][0]["title"] == "A site"
    assert {"alt": "x", "url": f"{SITE}/big.png"} in result["images"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p><br class=ProseMirror-trailingBreak></p><p>b</p>", "a\n\nb"),
        ("<p>a<br>b<br class=ProseMirror-trailingBreak></p>", "a\nb"),
        ("a<div>b</div><div><br></div><div>c</div>", "a\nb\n\nc"),
        ("", ""),
    ],
)
def test_editor_is_read_line_by_line(page, html, text):
    assert page.evaluate(READ, html) == text


@pytest.mark.parametrize(
    ("wanted", "actual", "result"),
    [
        ("a\r\n\r\nb  ", "a\n\nb", "same"),
        ("a\u00a0b", "a b", "same"),
        ("a\n\nb", "a\nb", "blank_lines"),
        ("a b", "ab", "different"),
        ("one two", "one", "different"),
    ],
)
def test_editor_is_compared_with_the_message(page, wanted, actual, result):
    assert call(page, "page/editor.js", "compare", wanted, actual) == result


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 2 hours 5 minutes.", 7500),
        ("Bitte versuche es in 1 Stunden 0 Minuten erneut.", 3600),
        ("3 時間 20 分後にもう一度お試しください。", 12000),
        ("Nothing of this is a time.", None),
    ],
)
def test_duration_of_a_limit_is_read(page, text, seconds):
    now = "2026-11-29T12:00:00"
    script = "async ([text, now]) => +(await import('/page/resets.js')).parseReset(text, new Date(now)) - +new Date(now)"
    shown = page.evaluate(script, [text, now])
    assert (shown / 1000 == seconds) if seconds else shown < 0


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Try again after 3:45 PM.", "2026-11-29T15:45"),
        ("Try again after 11:59 AM.", "2026-11-30T11:59"),
        ("Versuche es nach 00:30 erneut.", "2026-11-30T00:30"),
        ("Try again after 12:15 AM", "2026-11-30T00:15"),
    ],
)
def test_time_of_day_is_the_next_one(page, text, at):
    script = "async ([text, now, at]) => +(await import('/page/resets.js')).parseReset(text, new Date(now)) - +new Date(at)"
    assert page.evaluate(script, [text, "2026-11-29T12:00:00", at]) == 0


def test_page_that_is_back_tells_an_outcome_before_it_was_looked_at(page):
    assert page.evaluate(CONNECT) == {"answer": {"answer": 1, "value": 2}, "told": ["ready", "outcome"]}


@pytest.mark.parametrize("ahead", [0, 3_600_000, -3_600_000])
def test_message_that_was_sent_is_found_although_the_clock_is_wrong(page, ahead):
    assert page.evaluate(FIND, ahead) == {"chat_id": "chat", "skip": 0}


def test_chat_that_the_page_cannot_load_is_no_unknown_layout(page):
    page.goto(f"{SITE}/c/broken")
    editor = '<div id="prompt-textarea" contenteditable="true">x</div>'
    assert page.evaluate(TEST, editor)["missing"] == ["user", "assistant"]
    assert page.evaluate(TEST, f"{editor}<p role=alert>Something went wrong.</p>")["ok"]
    page.goto(f"{SITE}/")


def test_long_text_is_split_between_characters(page):
    text = "x" * 199_999 + "😀" * 3
    parts = call(page, "worker/messages.js", "split", text)
    assert "".join(parts) == text
    assert len(parts) == 2 and parts[1].startswith("😀")


def test_outcome_fits_what_deskhand_takes(page):
    outcome = {"result": {"text": "x", "title": "t" * 5_000, "notes": ["n" * 5_000]}}
    [response] = call(page, "worker/messages.js", "writeOutcome", {}, outcome)
    assert (len(response["chat_title"]), [len(note) for note in response["notes"]]) == (1_000, [500])
    [failure] = call(page, "worker/messages.js", "writeOutcome", {}, {"error": {"text": "x" * 5_000}})
    assert len(failure["error"]) == 4_000


@pytest.mark.parametrize(
    ("request_", "address"),
    [
        ({"chat_id": None}, "/"),
        ({"chat_id": "a/b"}, "/c/a%2Fb"),
        ({"project": "g-p-1", "model": "gpt-6"}, "/g/g-p-1/project?model=gpt-6"),
        ({"temporary": True}, "/?temporary-chat=true"),
        ({"chat_id": "c", "temporary": True}, "/c/c"),
    ],
)
def test_request_has_an_address(page, request_, address):
    assert call(page, "worker/messages.js", "addressOf", request_) == address


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        ({"count": 10, "total": None}, None),
        ({"count": 10, "total": 60}, 100),
        ({"count": 190, "total": 230}, 10 * 2 + 30 * 60),
        ({"count": 300, "total": 310}, 600),
        ({"count": 10, "total": 60, "problem": "A pause.", "resumes_at": 60_000}, 160),
        ({"count": 10, "total": 60, "last": True, "queue": ["a"]}, 2),
        ({"count": 10, "total": 60, "since": "2026-01-01"}, None),
    ],
)
def test_time_that_an_import_takes_is_estimated(page, state, seconds):
    usual = {"queue": [], "last": False, "since": None, "problem": "", "resumes_at": 0}
    assert call(page, "worker/history.js", "secondsLeft", usual | state, 0) == seconds


COMPOSER = '<form><div id="prompt-textarea" class="ProseMirror" contenteditable="true"><p>x</p></div></form>'


def test_self_test_knows_a_page(page):
    result = page.evaluate(TEST, COMPOSER)
    assert result | {"layout": "2026", "missing": [], "ok": True, "held": None} == result


def test_self_test_names_what_is_missing(page):
    result = page.evaluate(TEST, "<div class=k2 contenteditable=plaintext-only>x</div>")
    assert (result["ok"], result["missing"]) == (False, ["editor"])
    page.evaluate("history.pushState({}, '', '/c/11111111-2222')")
    result = page.evaluate(TEST, COMPOSER)
    assert (result["chat"], result["missing"]) == ("11111111-2222", ["user", "assistant"])
    page.evaluate("history.pushState({}, '', '/c/WEB:1234')")
    assert page.evaluate(TEST, COMPOSER)["chat"] == "", "it is only there for a moment"
    page.evaluate("history.pushState({}, '', '/')")


@pytest.mark.parametrize(
    ("html", "state"),
    [
        ('<form id="challenge-form">Verify you are human</form>', "challenge"),
        ('<button data-testid="login-button">Log in</button>', "signed_out"),
        ('<div role="dialog">Your session has expired</div>', "signed_out"),
        ('<button data-testid="paragen-prefer-response-button">I prefer this</button>', "two_answers"),
        ("<button>Continue generating</button>", "continue_generating"),
        ('<div role="alert">You\'ve hit your limit. Try again after 3 PM.</div>', "limit"),
        ('<div data-message-author-role="assistant"><div role="alert">You\'ve hit your limit.</div></div>', None),
        ('<div data-message-author-role="assistant"><a href="https://x.example/auth/login">Log in</a></div>', None),
        ('<div data-message-author-role="user">Verify you are human. <button>Continue generating</button></div>', None),
        ('<div role="alert" hidden>You\'ve hit your limit.</div>', None),
    ],
)
def test_state_is_recognised_by_the_page_and_never_by_a_message(page, html, state):
    assert page.evaluate(TEST, COMPOSER + html)["held"] == state


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_of_each_language_are_recognised(page, language):
    """The fake page's texts, which were written apart from these."""
    texts = read_json("languages.json")[language]
    same = ("send", "stop", "copy", "auto", "instant", "thinking", "standard", "extended", "new_chat", "limit", "upload_failed")
    names = {name: name for name in same} | {"continue": "continue_generating", "which": "two_answers"}
    names |= {"expired": "signed_out", "error": "failure", "not_found": "failure"}
    script = "async (language) => (await import('/page/adapter.js')).LANGUAGES[language]"
    patterns = page.evaluate(script, language)
    assert [text for text, name in names.items() if not re.search(patterns[name], texts[text], re.IGNORECASE)] == []


def test_title_is_that_of_the_chat(page):
    page.evaluate("history.pushState({}, '', '/c/abc')")
    link = '<nav><a href="/c/abc">Trip to Lisbon</a></nav>'
    assert page.evaluate(TEST, COMPOSER + link)["title"] == "Trip to Lisbon"
    assert page.evaluate(TEST, COMPOSER + link.replace("Trip to Lisbon", "New chat"))["title"] == ""
    page.evaluate("document.title = 'ChatGPT - Queues'")
    assert page.evaluate(TEST, COMPOSER)["title"] == "Queues"
    page.evaluate("document.title = 'ChatGPT'; history.pushState({}, '', '/')")

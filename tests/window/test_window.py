from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

WATCH = """
window.violations = []
document.addEventListener('securitypolicyviolation', (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`))
"""
RULES = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"


@pytest.fixture
def server(serve):
    return serve(demo=True)


@pytest.fixture
def open_page(browser, server):
    """Open the window as Deskhand does, with a key that works once; nothing may be wrong with it in the end."""
    opened = []

    def enter(look: str = "light", width: int = 960, height: int = 720) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=look, reduced_motion="reduce")
        page, asked, said = context.new_page(), [], []
        opened.append((context, page, asked, said))
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.add_init_script(WATCH)
        entry = server.person("POST", "/api/entries").json()
        page.goto(f"{entry['address']}?key={entry['key']}")
        expect(page.get_by_role("heading", name="Deskhand is on")).to_be_visible()
        return page

    yield enter
    for context, page, asked, said in opened:
        assert page.evaluate("violations") == []
        assert said == []
        assert {urlsplit(url).netloc for url in asked} == {urlsplit(server.local).netloc}, "something left the local surface"
        context.close()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("width", [960, 720, 480])
def test_everybody_can_read_it(open_page, server, root, look, width):
    server.make_client("reader")
    server.call("GET", "/apps/list")
    server.call("GET", "/gmail/messages/none")
    page = open_page(look, width)
    expect(page.get_by_role("listitem").filter(has_text="reader").first).to_be_visible()
    page.evaluate((root / "ui" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(RULES)["violations"]
    assert [f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}" for rule in found for node in rule["nodes"]] == []
    for size in ("100%", "200%"):
        page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"it scrolls sideways at {size}"


def test_it_says_whether_it_is_on_and_where(open_page, server):
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deskhand")
    expect(page.get_by_text(server.public)).to_be_visible()
    expect(page.get_by_text("Demo", exact=True)).to_be_visible()
    for title in ("Apps", "Gmail"):
        expect(page.get_by_role("listitem").filter(has_text=title)).to_contain_text("runs")


def test_news_arrive_by_themselves(open_page, server):
    page = open_page()
    expect(page.get_by_text("Nobody may call it yet.")).to_be_visible()
    server.make_client("reader")
    expect(page.get_by_text("1 client may call it.")).to_be_visible()
    server.call("GET", "/apps/list")
    expect(page.get_by_role("listitem").filter(has_text="reader")).to_have_count(1)


def test_the_token_leaves_the_address_and_another_page_has_no_way_in(open_page, server):
    page = open_page()
    assert page.url == f"{server.local}/"
    other = page.context.new_page()  # has the cookie, and not the token
    other.goto(server.local)
    expect(other.get_by_text("Open the window from Deskhand.")).to_be_visible()
    expect(other.get_by_text(server.public)).to_have_count(0)

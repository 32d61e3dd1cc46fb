import os
from pathlib import Path

import pytest

from server.core.errors import DeskhandError, Forbidden, InvalidInput, NotFound
from server.integrations.apps.allow_list.entries import Opening
from server.integrations.apps.resolve.target import check_target


@pytest.fixture
def papers(tmp_path):
    """Folders and files, of which some lie outside what is allowed."""
    for name in ("papers/deep/er", "secret"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("papers/a.txt", "papers/-rf", "papers/deep/er/b.txt", "papers/deep/c.md", "secret/key.txt", "papers.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "papers" / "way-out").symlink_to(tmp_path / "secret")
    (tmp_path / "papers" / "key").symlink_to(tmp_path / "secret" / "key.txt")
    (tmp_path / "papers" / "inside").symlink_to(tmp_path / "papers" / "deep" / "c.md")
    return tmp_path


def check(papers, asked, *allowed):
    opening = Opening(files=[f"~/{pattern}" for pattern in allowed])
    return check_target(asked, opening, lambda path: str(papers) + path[1:] if path.startswith("~") else path).value


def test_a_file_is_found_by_its_whole_path_or_its_name(papers):
    for asked in (str(papers / "papers/a.txt"), "~/papers/a.txt", "a.txt", "./a.txt"):
        assert check(papers, asked, "papers") == str(papers / "papers/a.txt")
    assert check(papers, "deep/er/b.txt", "papers") == str(papers / "papers/deep/er/b.txt")


def test_a_name_that_looks_like_an_option_becomes_a_whole_path(papers):
    assert check(papers, "-rf", "papers") == str(papers / "papers/-rf")


def test_a_link_is_followed_before_it_is_judged(papers):
    assert check(papers, "inside", "papers") == str(papers / "papers/deep/c.md")
    for asked in ("key", "way-out/key.txt", "way-out/gone.txt", "way-out", "~/papers/key"):
        with pytest.raises(NotFound):
            check(papers, asked, "papers")


def test_an_allowed_folder_may_be_a_link_itself(papers):
    (papers / "link").symlink_to(papers / "papers")
    assert check(papers, "a.txt", "link") == str(papers / "papers/a.txt")


@pytest.mark.parametrize("asked", ["~/secret/key.txt", "~/papers.txt", "~/gone.txt", "~", "/etc/passwd", "/gone"])
def test_what_lies_outside_is_forbidden_whether_it_is_there_or_not(papers, asked):
    with pytest.raises(Forbidden) as caught:
        check(papers, asked, "papers")
    assert str(papers) not in caught.value.detail


@pytest.mark.parametrize(
    "asked",
    ["../secret/key.txt", "../gone", "deep/../../secret/key.txt", "..", "deep\\..\\..\\x", "//host/share/x", "\\\\host\\x"],
)
def test_ways_up_and_to_other_computers_are_refused(papers, asked):
    with pytest.raises(InvalidInput):
        check(papers, asked, "papers")


@pytest.mark.parametrize("asked", ["gone.txt", "~/papers/gone.txt", "deep/gone", "x" * 4000, "a.txt/b"])
def test_what_is_not_there_is_not_found(papers, asked):
    with pytest.raises(NotFound):
        check(papers, asked, "papers")


def test_a_loop_of_links_is_not_found(papers):
    (papers / "papers" / "loop").symlink_to("loop")
    with pytest.raises(NotFound):
        check(papers, "loop", "papers")


def test_patterns_narrow_a_folder_down(papers):
    assert check(papers, "deep/er/b.txt", "papers/**/*.txt").endswith("b.txt")
    assert check(papers, "a.txt", "papers/**/*.txt").endswith("a.txt")
    for asked, pattern in (("deep/c.md", "papers/**/*.txt"), ("deep/er/b.txt", "papers/*.txt"), ("a.txt", "papers/*/*")):
        with pytest.raises(Forbidden):
            check(papers, asked, pattern)


def test_folders_only_means_folders_only(papers):
    assert check(papers, "deep", "papers/") == str(papers / "papers/deep")
    assert check(papers, ".", "papers/") == str(papers / "papers")
    with pytest.raises(Forbidden):
        check(papers, "a.txt", "papers/")


@pytest.mark.parametrize("name", ["x.exe", "x.LNK", "x.desktop", "x.bat", "x.cmd. ", "X.App", "x.url"])
def test_a_file_that_the_system_would_run_is_not_opened(papers, name):
    (papers / "papers" / name).write_text("x")
    with pytest.raises(Forbidden, match="program"):
        check(papers, name, "papers")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
def test_only_files_and_folders_are_opened(papers):
    os.mkfifo(papers / "papers" / "pipe")
    with pytest.raises(NotFound):
        check(papers, "pipe", "papers")


def test_nothing_is_open_unless_it_is_named(papers):
    for asked in ("~/papers/a.txt", "https://example.com"):
        with pytest.raises(Forbidden):
            check(papers, asked)


def check_web(asked, *allowed):
    return check_target(asked, Opening(addresses=list(allowed)), str).value


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/any/where?q=1#there", "https://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("https://example.com:8443/x", "https://example.com:8443"),
        ("https://example.com/docs/a", "https://example.com/docs/*"),
        ("https://example.com/page", "https://example.com/page"),
    ],
)
def test_an_allowed_address_is_passed_on(asked, allowed):
    assert check_web(asked, allowed) == asked


def test_the_host_is_written_small():
    assert check_web("HTTPS://Example.COM/Path", "https://example.com") == "https://example.com/Path"


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("https://example.com.evil.net/", "https://example.com"),
        ("https://evil.net/https://example.com", "https://example.com"),
        ("https://www.example.com/", "https://example.com"),
        ("https://example.com:8443/", "https://example.com"),
        ("https://example.com./", "https://example.com"),
        ("https://example.com/other", "https://example.com/docs/*"),
        ("https://example.com/page2", "https://example.com/page"),
        ("https://example.com/page?x", "https://example.com/page"),
    ],
)
def test_another_address_is_forbidden(asked, allowed):
    with pytest.raises(Forbidden):
        check_web(asked, allowed)


@pytest.mark.parametrize(
    "asked",
    [
        "http://example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:example.com",
        "https:/example.com",
        "https://user@example.com",
        "https://example.com@evil.net",
        "https://example.com\\@evil.net",
        "https://example.com/docs/../other",
        "https://example.com/docs/%2e%2E/other",
        "https://example.com/docs/./x",
        "https://example.com/a b",
        "https://example.com/\N{SNOWMAN}",
        'https://example.com/"',
        "https://[::1]/",
        "https://",
        "https://example.com/\nx",
        "a.txt:stream",
        "\x1b[0m",
    ],
)
def test_what_is_no_plain_https_address_is_refused(asked):
    with pytest.raises(InvalidInput):
        check_web(asked, "https://example.com", "https://example.com/docs/*")


def test_no_error_tells_where_things_are(papers):
    for asked in ("gone.txt", "~/secret/key.txt", "way-out", "a.txt"):
        with pytest.raises(DeskhandError) as caught:
            check(papers, asked, "papers/*.none")
        assert str(Path(papers)) not in caught.value.detail

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


def check(papers, requested, *allowed):
    opening = Opening(files=[f"~/{pattern}" for pattern in allowed])
    return check_target(requested, opening, lambda path: str(papers) + path[1:] if path.startswith("~") else path).value


def test_target_file_is_given_by_path_or_name(papers):
    for requested in (str(papers / "papers/a.txt"), "~/papers/a.txt", "a.txt", "./a.txt"):
        assert check(papers, requested, "papers") == str(papers / "papers/a.txt")
    assert check(papers, "deep/er/b.txt", "papers") == str(papers / "papers/deep/er/b.txt")


def test_name_that_looks_like_an_option_becomes_a_full_path(papers):
    assert check(papers, "-rf", "papers") == str(papers / "papers/-rf")


def test_symlink_is_resolved_before_it_is_checked(papers):
    assert check(papers, "inside", "papers") == str(papers / "papers/deep/c.md")
    for requested in ("key", "way-out/key.txt", "way-out/gone.txt", "way-out", "~/papers/key"):
        with pytest.raises(NotFound):
            check(papers, requested, "papers")


def test_allowed_folder_may_be_a_symlink(papers):
    (papers / "link").symlink_to(papers / "papers")
    assert check(papers, "a.txt", "link") == str(papers / "papers/a.txt")


@pytest.mark.parametrize("requested", ["~/secret/key.txt", "~/papers.txt", "~/gone.txt", "~", "/etc/passwd", "/gone"])
def test_path_outside_is_forbidden_whether_it_exists_or_not(papers, requested):
    with pytest.raises(Forbidden) as caught:
        check(papers, requested, "papers")
    assert str(papers) not in caught.value.detail


@pytest.mark.parametrize(
    "requested",
    ["../secret/key.txt", "../gone", "deep/../../secret/key.txt", "..", "deep\\..\\..\\x", "//host/share/x", "\\\\host\\x"],
)
def test_parent_and_network_paths_are_refused(papers, requested):
    with pytest.raises(InvalidInput):
        check(papers, requested, "papers")


@pytest.mark.parametrize("requested", ["gone.txt", "~/papers/gone.txt", "deep/gone", "x" * 4000, "a.txt/b"])
def test_missing_target_is_not_found(papers, requested):
    with pytest.raises(NotFound):
        check(papers, requested, "papers")


def test_symlink_loop_is_not_found(papers):
    (papers / "papers" / "loop").symlink_to("loop")
    with pytest.raises(NotFound):
        check(papers, "loop", "papers")


def test_patterns_limit_the_files_of_a_folder(papers):
    assert check(papers, "deep/er/b.txt", "papers/**/*.txt").endswith("b.txt")
    assert check(papers, "a.txt", "papers/**/*.txt").endswith("a.txt")
    for requested, pattern in (("deep/c.md", "papers/**/*.txt"), ("deep/er/b.txt", "papers/*.txt"), ("a.txt", "papers/*/*")):
        with pytest.raises(Forbidden):
            check(papers, requested, pattern)


def test_folder_target_does_not_accept_files(papers):
    assert check(papers, "deep", "papers/") == str(papers / "papers/deep")
    assert check(papers, ".", "papers/") == str(papers / "papers")
    with pytest.raises(Forbidden):
        check(papers, "a.txt", "papers/")


@pytest.mark.parametrize("name", ["x.exe", "x.LNK", "x.desktop", "x.bat", "x.cmd. ", "X.App", "x.url"])
def test_executable_file_is_not_opened(papers, name):
    (papers / "papers" / name).write_text("x")
    with pytest.raises(Forbidden, match="program"):
        check(papers, name, "papers")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has none")
def test_only_files_and_folders_are_opened(papers):
    os.mkfifo(papers / "papers" / "pipe")
    with pytest.raises(NotFound):
        check(papers, "pipe", "papers")


def test_no_target_is_allowed_by_default(papers):
    for requested in ("~/papers/a.txt", "https://example.com"):
        with pytest.raises(Forbidden):
            check(papers, requested)


def check_web(requested, *allowed):
    return check_target(requested, Opening(addresses=list(allowed)), str).value


@pytest.mark.parametrize(
    ("requested", "allowed"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/any/where?q=1#there", "https://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("https://example.com:8443/x", "https://example.com:8443"),
        ("https://example.com/docs/a", "https://example.com/docs/*"),
        ("https://example.com/page", "https://example.com/page"),
    ],
)
def test_allowed_url_is_passed_on(requested, allowed):
    assert check_web(requested, allowed) == requested


def test_host_is_compared_in_lower_case():
    assert check_web("HTTPS://Example.COM/Path", "https://example.com") == "https://example.com/Path"


@pytest.mark.parametrize(
    ("requested", "allowed"),
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
def test_other_url_is_forbidden(requested, allowed):
    with pytest.raises(Forbidden):
        check_web(requested, allowed)


@pytest.mark.parametrize(
    "requested",
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
def test_url_that_is_not_plain_https_is_refused(requested):
    with pytest.raises(InvalidInput):
        check_web(requested, "https://example.com", "https://example.com/docs/*")


def test_target_errors_disclose_no_path(papers):
    for requested in ("gone.txt", "~/secret/key.txt", "way-out", "a.txt"):
        with pytest.raises(DeskhandError) as caught:
            check(papers, requested, "papers/*.none")
        assert str(Path(papers)) not in caught.value.detail

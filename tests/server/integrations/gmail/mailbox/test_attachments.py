"""Files come from four places, never from a fifth, and sizes are seen to first."""

import asyncio
import base64
import http.server
import os
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.core.errors import DeskhandError, InvalidInput, NotFound, TooLarge, Unavailable, UpstreamFailed
from server.integrations.gmail.mailbox import attachments
from server.integrations.gmail.mailbox.attachments import LARGEST_FILES, decode_file, read_named, save_file
from server.integrations.gmail.mime.compose import File
from server.integrations.gmail.models import Enclosing, InlineFile
from server.outbound.fetch import Fetch
from server.outbound.previews import FetchNotPermitted, previewing
from tests.server.outbound.test_fetch import LINK, Web, answer, papers

__all__ = ["papers"]


class Shop(http.server.BaseHTTPRequestHandler):
    """Hands out files, other ones each time."""

    handed = 0

    def do_GET(self) -> None:
        type(self).handed += 1
        content = bytes(int(self.path.rpartition("=")[2])) if "size=" in self.path else f"file {self.handed}".encode()
        self.send_response(404 if "gone" in self.path else 200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shop(desk) -> Iterator[str]:
    """An address of files that may be fetched."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("OwnShop", (Shop,), {}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    allowed = Fetch(allowed={("127.0.0.1", server.server_port)}, only_allowed=True)
    object.__setattr__(desk.mailbox.accounts, "context", replace(desk.context, fetch=allowed))
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def gather(desk, **order):
    return desk.run(desk.mailbox.outbox.files.gather(Enclosing(**order)))


def inline(name: str, content: bytes, media_type: str = "text/plain") -> dict[str, str]:
    return {"name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}


def test_conversation_file_is_downloaded_once_and_stays_unchanged(desk, shop):
    link = {"name": "../list.csv", "id": "file-1", "mime_type": "text/csv", "download_link": f"{shop}/a?sig=1"}
    (first,) = gather(desk, openaiFileIdRefs=[link])
    (again,) = gather(desk, openaiFileIdRefs=[link])
    assert first == again == File("list.csv", "text/csv", b"file 1")


def test_download_link_suffices(desk, shop):
    assert gather(desk, openaiFileIdRefs=[f"{shop}/report.csv"]) == (File("report.csv", "text/csv", b"file 1"),)


def test_sent_file_is_downloaded_again_next_time(desk, shop):
    order = Enclosing(openaiFileIdRefs=[f"{shop}/report.csv"])
    files = desk.mailbox.outbox.files
    desk.run(files.gather(order))
    desk.run(files.release(order))
    assert desk.run(files.gather(order))[0].content == b"file 2"


def test_trusted_link_is_fetched_before_the_person_is_asked_about_another(desk, papers):
    web, files, other = Web([answer(b"plan")]), desk.mailbox.outbox.files, "https://other.example/b"

    async def preview():
        async with web.serving(papers):
            hosts = ["files.example"]
            fetch = Fetch(resolve=web.resolve, dialer=web.wire, trust=papers.client, trusted_hosts=lambda: hosts)
            object.__setattr__(desk.mailbox.accounts, "context", replace(desk.context, fetch=fetch))
            with previewing(), pytest.raises(FetchNotPermitted) as refusal:
                await files.gather(Enclosing(openaiFileIdRefs=[other, LINK]))
            return refusal.value.links

    assert [link.given for link in desk.run(preview())] == [other]
    assert web.requested_hosts == ["files.example"]
    assert files.staging.find(LINK).content == b"plan"
    assert files.staging.find(other) is None


def test_file_stays_until_the_person_can_have_seen_it_whatever_the_setting(desk, shop):
    desk.set(staged_minutes=0)
    assert [gather(desk, openaiFileIdRefs=[f"{shop}/a"])[0].content for _ in range(2)] == [b"file 1"] * 2


def test_file_id_without_a_link_is_refused(desk):
    with pytest.raises(InvalidInput, match="again"):
        gather(desk, openaiFileIdRefs=["file-abc123"])


@pytest.mark.parametrize(
    "link", ["https://example.com/x", "http://169.254.169.254/", "file:///etc/passwd", "http://127.0.0.1:1/"]
)
def test_download_from_a_foreign_or_private_address_is_refused(desk, link):
    with pytest.raises(DeskhandError):
        gather(desk, openaiFileIdRefs=[link])


def test_expired_download_is_reported(desk, shop):
    with pytest.raises(UpstreamFailed, match="404"):
        gather(desk, openaiFileIdRefs=[f"{shop}/gone"])


def test_attachments_of_all_sources_are_collected_in_order(desk, shop):
    (desk.context.folders.files / "own.pdf").write_bytes(b"own")
    gathered = gather(desk, files=["own.pdf"], attachments=[inline("in.txt", b"in")], openaiFileIdRefs=[f"{shop}/a.csv"])
    assert [(result.name, result.media_type) for result in gathered] == [
        ("a.csv", "text/csv"),
        ("in.txt", "text/plain"),
        ("own.pdf", "application/pdf"),
    ]


def test_number_of_attachments_is_limited_to_ten(desk):
    with pytest.raises(InvalidInput, match="10"):
        gather(desk, attachments=[inline("a", b"")] * 6, files=["x"] * 5)


def test_total_size_of_attachments_is_limited(desk, shop, monkeypatch):
    monkeypatch.setattr(attachments, "LARGEST_FILES", 1000)
    (desk.context.folders.files / "own").write_bytes(bytes(600))
    assert gather(desk, files=["own"], openaiFileIdRefs=[f"{shop}/a?size=400"])
    for order in (
        {"attachments": [inline("a", bytes(1001))]},
        {"attachments": [inline("a", bytes(500))], "files": ["own"]},
        {"files": ["own", "own"]},
        {"files": ["own"], "openaiFileIdRefs": [f"{shop}/b?size=401"]},
        {"openaiFileIdRefs": [f"{shop}/c?size=600", f"{shop}/d?size=600"]},
    ):
        with pytest.raises(TooLarge):
            gather(desk, **order)


def test_staged_file_counts_towards_the_size_limit(desk, shop, monkeypatch):
    gather(desk, openaiFileIdRefs=[f"{shop}/a?size=600"])
    monkeypatch.setattr(attachments, "LARGEST_FILES", 1000)
    with pytest.raises(TooLarge):
        gather(desk, openaiFileIdRefs=[f"{shop}/a?size=600"], attachments=[inline("a", bytes(500))])


@pytest.mark.parametrize("content", ["!", "a", "aGk", "aGk=\x00", "äöü"])
def test_invalid_base64_is_refused(content):
    with pytest.raises(InvalidInput, match=r"a\.txt is no base64"):
        decode_file(InlineFile(name="a.txt", content=content))


def test_base64_may_have_line_breaks():
    assert decode_file(InlineFile(name="/tmp/../a.txt", content="a\r\nGk=\n")) == File("a.txt", "application/octet-stream", b"hi")


@pytest.mark.parametrize("name", ["/", "..", "\u202e", " . "])
def test_attachment_needs_a_name(name):
    with pytest.raises(InvalidInput, match="name"):
        decode_file(InlineFile(name=name, content=""))


@pytest.mark.parametrize(
    "name",
    ["../secret", "/etc/passwd", "sub/x", "link", "folder", "pipe", "", ".", "..", "nothing", "a\\b", "x\x00y", "own.txt/"],
)
def test_only_regular_files_of_the_folder_are_attached(tmp_path, name):
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "folder").mkdir()
    (folder / "own.txt").write_text("own")
    (folder / "sub" / "x").write_text("x")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    with pytest.raises(NotFound):
        read_named(folder, name, LARGEST_FILES)


def test_misspelled_file_name_gets_a_hint(tmp_path):
    (tmp_path / "Invoice-2026.pdf").write_text("x")
    with pytest.raises(NotFound, match=r"Did you mean Invoice-2026\.pdf"):
        read_named(tmp_path, "invoice 2026.pdf", LARGEST_FILES)
    with pytest.raises(NotFound):
        read_named(tmp_path / "missing", "x", LARGEST_FILES)


def test_attachment_is_saved_with_a_unique_name_and_private(tmp_path):
    names = [save_file(tmp_path, File("plan.pdf", "application/pdf", bytes([number]))) for number in range(3)]
    assert names == ["plan.pdf", "plan (2).pdf", "plan (3).pdf"]
    assert [(tmp_path / name).read_bytes() for name in names] == [b"\0", b"\1", b"\2"]
    assert (tmp_path / "plan.pdf").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../x.sh", "x.sh"),
        (".bashrc", "bashrc"),
        ("a\r\nb", "ab"),
        ("CON.txt", "_CON.txt"),
        ("..", "attachment"),
        ("C:\\a.exe", "a.exe"),
    ],
)
def test_sender_cannot_choose_the_path_of_an_attachment(tmp_path, name, saved):
    assert save_file(tmp_path, File(name, "a/b", b"x")) == saved
    assert [path.name for path in tmp_path.iterdir()] == [saved]


def test_symlink_with_the_name_of_an_attachment_is_not_followed(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").symlink_to(tmp_path / "target")
    assert save_file(tmp_path / "out", File("a.txt", "a/b", b"x")) == "a (2).txt"
    assert not (tmp_path / "target").exists()


def test_failed_save_is_reported(tmp_path):
    with pytest.raises(Unavailable, match="folder"):
        save_file(tmp_path / "missing", File("a", "a/b", b"x"))


def test_concurrent_saves_do_not_collide(desk):
    async def save_all():
        file = File("a.txt", "text/plain", b"x")
        return await asyncio.gather(*(desk.mailbox.inbox.files.save(file) for _ in range(8)))

    assert len(set(desk.run(save_all()))) == 8


def test_full_disk_is_reported_and_leaves_no_partial_file(small_disk):
    small_disk.fill()
    with pytest.raises(Unavailable, match="disk is full"):
        save_file(small_disk.folder, File("report.pdf", "application/pdf", bytes(100_000)))
    assert not (small_disk.folder / "report.pdf").exists()


def test_name_of_a_windows_stream_is_sanitized(tmp_path):
    name = save_file(tmp_path, File("report.pdf:hidden", "application/pdf", b"x"))
    assert ":" not in name
    assert [path.name for path in tmp_path.iterdir()] == [name]

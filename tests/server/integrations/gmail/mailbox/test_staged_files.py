"""Files from links stay for a while, as they were, and no longer."""

from datetime import UTC, datetime, timedelta

import pytest

from server.integrations.gmail.mailbox import staged_files
from server.integrations.gmail.mailbox.staged_files import Staging
from server.integrations.gmail.mime.compose import File

LINK = "https://files.example.com/a?signature=secret"


@pytest.fixture
def moments():
    return [datetime(2026, 11, 20, tzinfo=UTC)]


@pytest.fixture
def stage(tmp_path, moments):
    return Staging(tmp_path / "staged", lambda: moments[-1], lambda: 30)


def test_staged_file_is_read_unchanged_by_its_link(stage):
    file = File("größe\n.pdf", "application/pdf", b"\n\x00{}\n")
    stage.keep(LINK, file)
    assert stage.find(LINK) == file
    assert stage.find(f"{LINK}&other") is None


def test_staged_file_is_private_and_does_not_disclose_its_link(stage):
    stage.keep(LINK, File("a", "a/b", b"x"))
    (path,) = stage.folder.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert "secret" not in path.name
    assert b"secret" not in path.read_bytes()


def test_expired_staged_file_is_pruned(stage, moments):
    stage.keep(LINK, File("a", "a/b", b"x"))
    moments.append(moments[0] + timedelta(minutes=30))
    assert stage.find(LINK) is None
    stage.keep("https://other.example", File("b", "a/b", b"y"))
    assert len(list(stage.folder.iterdir())) == 1


def test_sent_staged_file_is_deleted_at_once(stage):
    stage.keep(LINK, File("a", "a/b", b"x"))
    stage.discard([LINK, "https://never.example"])
    assert stage.find(LINK) is None
    assert list(stage.folder.iterdir()) == []


def test_oldest_staged_files_are_evicted_above_the_limit(stage, monkeypatch):
    monkeypatch.setattr(staged_files, "LARGEST_STAGE", 2500)
    for number in range(4):
        stage.keep(f"https://x.example/{number}", File("a", "a/b", bytes(1000)))
    assert sum(path.stat().st_size for path in stage.folder.iterdir()) <= 2500
    assert stage.find("https://x.example/3") is not None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]\n", b'{"at": "soon"}\nx', b"\xff\n"])
def test_unreadable_staged_file_counts_as_missing(stage, content):
    stage.keep(LINK, File("a", "a/b", b"x"))
    (path,) = stage.folder.iterdir()
    path.write_bytes(content)
    assert stage.find(LINK) is None
    stage.prune()
    assert list(stage.folder.iterdir()) == []


def test_empty_folder_is_pruned_too(stage):
    stage.prune()
    assert not stage.folder.exists()


def test_file_that_cannot_be_deleted_does_not_fail_the_mail_that_is_out(stage):
    stage._path(LINK).mkdir(parents=True)
    stage.discard([LINK])
    assert stage.find(LINK) is None

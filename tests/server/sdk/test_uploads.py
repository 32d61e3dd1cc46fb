import errno
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import httpx2
import pytest
from fastapi import FastAPI, Request
from starlette.requests import ClientDisconnect
from starlette.types import Message

from server.core.errors import TooLarge
from server.http.application import new_application
from server.http.deferred_routes import include
from server.sdk import uploads
from server.sdk.routing import DeferredRouter
from server.sdk.uploads import read_file_name, receive_upload, remove_uploads
from server.storage.data_dir import Folders

LARGEST = 3 << 20


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path, tmp_path, tmp_path, tmp_path)


@pytest.fixture
async def client(folders: Folders) -> AsyncIterator[httpx2.AsyncClient]:
    """A surface whose own limit is smaller than that of the upload."""
    router = DeferredRouter(prefix="/files")

    @router.post("/upload", max_body_size=LARGEST)
    async def upload(request: Request) -> dict[str, str]:
        path = await receive_upload(request, folders, LARGEST)
        return {"path": str(path), "name": read_file_name(request)}

    app: FastAPI = new_application("Test", 1 << 20)
    app.router.routes.extend(include(router))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        yield client


def list_uploads(folders: Folders) -> list[Path]:
    return list((folders.data / "uploads").glob("*"))


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size >> 16):
        yield b"x" * 65_536


async def test_upload_is_streamed_into_a_private_file(client, folders):
    body = bytes(range(256)) * 10_000
    answer = (await client.post("/files/upload", content=body, headers={"X-File-Name": "..%2F%C3%BCber.zip"})).json()
    (path,) = list_uploads(folders)
    assert answer == {"path": str(path), "name": "über.zip"}
    assert path.read_bytes() == body
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("content", [b"x" * (LARGEST + 1), pieces(LARGEST + (1 << 17))], ids=["declared", "undeclared"])
async def test_upload_beyond_the_limit_leaves_nothing(client, folders, content):
    assert (await client.post("/files/upload", content=content)).status_code == 413
    assert list_uploads(folders) == []


async def test_upload_ends_at_its_limit_on_a_surface_without_one(folders):
    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": True}

    with pytest.raises(TooLarge):
        await receive_upload(Request({"type": "http", "headers": []}, receive), folders, LARGEST)
    assert list_uploads(folders) == []


async def test_full_disk_is_a_sentence_and_leaves_nothing(client, folders, monkeypatch):
    real = uploads.create_upload

    class Full:
        def __init__(self, path: Path, expected: int) -> None:
            self.file = real(path, expected)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.file.close()

        def write(self, data: bytes) -> None:
            self.file.write(data[:1000])
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads, "create_upload", Full)
    answer = await client.post("/files/upload", content=b"x" * 100_000)
    assert (answer.status_code, "The disk is full" in answer.json()["detail"]) == (503, True)
    assert list_uploads(folders) == []


async def test_upload_that_the_disk_has_no_room_for_is_refused_before_it_is_read(client, folders, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=uploads.ROOM_TO_LEAVE))
    answer = await client.post("/files/upload", content=b"x" * 2_000_000)
    assert (answer.status_code, "no room" in answer.json()["detail"]) == (503, True)
    assert list_uploads(folders) == []


async def test_upload_whose_browser_goes_away_leaves_nothing(folders):
    messages = iter([{"type": "http.request", "body": b"x" * 2_000_000, "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(messages)

    with pytest.raises(ClientDisconnect):
        await receive_upload(Request({"type": "http", "headers": []}, receive), folders)
    assert list_uploads(folders) == []


def test_start_removes_uploads_except_those_that_are_needed(folders, tmp_path):
    folder = tmp_path / "uploads"
    folder.mkdir()
    for name in ("needed", "left"):
        (folder / name).touch()
    (tmp_path / "left").touch()
    remove_uploads(folders, keep=[folder / "needed", tmp_path / "left"])
    assert [path.name for path in folder.iterdir()] == ["needed"]
    assert (tmp_path / "left").exists()

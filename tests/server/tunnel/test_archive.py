import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from server.core.errors import UpstreamFailed
from server.tunnel import archive
from server.tunnel.archive import limit, unpack_program


def write_tar(path: Path, members: dict[str, bytes], *, link: str | None = None) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("ngrok")
            member.type, member.linkname = tarfile.SYMTYPE, link
            tar.addfile(member)
    return path


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    return path


@pytest.mark.parametrize("write", [write_tar, write_zip])
def test_program_is_extracted_and_executable(tmp_path: Path, write) -> None:
    target = tmp_path / "new-ngrok"
    unpack_program(write(tmp_path / "pack", {"LICENSE": b"words", "ngrok": b"program"}), "ngrok", target)
    assert target.read_bytes() == b"program"
    assert target.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("write", [write_tar, write_zip])
@pytest.mark.parametrize("members", [{}, {"readme": b""}, {"a/ngrok": b"1", "b/ngrok": b"2"}])
def test_archive_without_exactly_one_program_is_refused(tmp_path: Path, write, members) -> None:
    with pytest.raises(UpstreamFailed, match="not ngrok's program"):
        unpack_program(write(tmp_path / "pack", members), "ngrok", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_path_outside_the_folder_is_ignored_and_a_link_is_refused(tmp_path: Path) -> None:
    unpack_program(write_tar(tmp_path / "pack", {"../../ngrok": b"program"}), "ngrok", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "pack"]
    with pytest.raises(UpstreamFailed):
        unpack_program(write_tar(tmp_path / "pack", {}, link="/etc/passwd"), "ngrok", tmp_path / "new")


def test_broken_or_truncated_archive_is_refused(tmp_path: Path) -> None:
    pack = write_tar(tmp_path / "pack", {"ngrok": bytes(range(256)) * 400})
    whole = pack.read_bytes()
    for content in (b"", b"hello", whole[: len(whole) // 2], whole[:40] + b"\0" * 40 + whole[80:]):
        pack.write_bytes(content)
        with pytest.raises(UpstreamFailed):
            unpack_program(pack, "ngrok", tmp_path / "new")
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("write", [write_tar, write_zip])
def test_too_large_program_is_refused(tmp_path: Path, monkeypatch, write) -> None:
    monkeypatch.setattr(archive, "MAX_SIZE", 20_000)
    unpack_program(write(tmp_path / "pack", {"ngrok": bytes(10_000)}), "ngrok", tmp_path / "new")
    with pytest.raises(UpstreamFailed):
        unpack_program(write(tmp_path / "pack", {"ngrok": bytes(20_001)}), "ngrok", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def write_pax(path: Path, size: int) -> Path:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, size
    words = b"%d comment=" % size
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(header.tobuf(tarfile.USTAR_FORMAT) + words + b"a" * (size - len(words) - 1) + b"\n")
        file.write(bytes(-size % 512))
        program = tarfile.TarInfo("ngrok")
        program.size = 1
        file.write(program.tobuf(tarfile.USTAR_FORMAT) + b"x".ljust(512, b"\0") + bytes(1024))
    return path


def test_large_member_headers_are_refused(tmp_path: Path) -> None:
    unpack_program(write_pax(tmp_path / "pack", 1000), "ngrok", tmp_path / "new")
    with pytest.raises(UpstreamFailed):
        unpack_program(write_pax(tmp_path / "pack", 3_000_000), "ngrok", tmp_path / "new")
    unpack_program(write_zip(tmp_path / "pack", {"ngrok": b"x", "other": b""}), "ngrok", tmp_path / "new")
    names = {f"{number:0250}": b"" for number in range(8000)}
    with pytest.raises(UpstreamFailed):
        unpack_program(write_zip(tmp_path / "pack", {"ngrok": b"x", **names}), "ngrok", tmp_path / "new")


def test_read_and_seek_that_an_archive_claims_are_refused_before_they_are_done() -> None:
    file = limit(io.BytesIO(b"x"))
    with pytest.raises(ValueError, match="too much"):
        file.read(archive.CHUNK + 1)
    with pytest.raises(ValueError, match="too far"):
        file.seek(archive.MAX_SIZE + 1)
    assert (file.tell(), file.read(archive.CHUNK)) == (0, b"x")


def test_size_of_other_members_is_limited(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archive, "MAX_SIZE", 20_000)
    unpack_program(write_tar(tmp_path / "pack", {"beside": bytes(50), "ngrok": b"x"}), "ngrok", tmp_path / "new")
    with pytest.raises(UpstreamFailed):
        unpack_program(write_tar(tmp_path / "pack", {"beside": bytes(5_000_000), "ngrok": b"x"}), "ngrok", tmp_path / "new")


def test_number_of_members_is_limited(tmp_path: Path) -> None:
    many = {f"{number}": b"" for number in range(archive.MAX_FILES)}
    unpack_program(write_tar(tmp_path / "pack", {"ngrok": b"x", **dict(list(many.items())[1:])}), "ngrok", tmp_path / "new")
    with pytest.raises(UpstreamFailed):
        unpack_program(write_tar(tmp_path / "pack", {"ngrok": b"x", **many}), "ngrok", tmp_path / "new")


def test_unusual_zip_compression_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pack", "w", zipfile.ZIP_BZIP2) as pack:
        pack.writestr("ngrok", bytes(1000))
    with pytest.raises(UpstreamFailed):
        unpack_program(tmp_path / "pack", "ngrok", tmp_path / "new")

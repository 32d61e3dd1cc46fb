"""Looks for secrets where none may lie, in clear or thinly disguised."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil

SHORTEST = 12  # of what is looked for: less is there by chance
# Keys, codes, tokens and secrets say that they are. What has these letters in its midst, as Google's tokens may, is none.
OURS = re.compile(rb"(?<![A-Za-z0-9_-])dh_(?:(?:at|rt|ac|cs)_)?[A-Za-z0-9_-]{40,}")


def disguise(secret: str) -> set[bytes]:
    """A secret as it may have been written: in clear, backwards, quoted, in hexadecimal, and in base64 wherever it begins."""
    raw = secret.encode()
    written = {raw, raw[::-1], quote(secret, safe="").encode(), binascii.hexlify(raw), binascii.hexlify(raw).upper()}
    written.add(secret.encode("utf-16-le"))
    for shift in range(3):
        inner = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4]
        written |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {text for text in written if len(text) >= SHORTEST}


def find_in(content: bytes, secrets: dict[str, str]) -> list[str]:
    """The names of the secrets that stand in some bytes."""
    return [name for name, secret in secrets.items() if any(form in content for form in disguise(secret))]


def search_folder(folder: Path, secrets: dict[str, str], spare: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Secrets found below a folder, with their files. `spare`: names of files that hold secrets by their purpose."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in spare]
    return [(path.name, name) for path in files for name in find_in(path.read_bytes(), secrets)]


def search_children(pid: int, secrets: dict[str, str]) -> list[tuple[str, str]]:
    """Which secret stands in the environment or on the command line of what a process has started."""
    texts = ((child, text) for child in psutil.Process(pid).children(recursive=True) for text in list_readable_texts(child))
    return [(child.name(), name) for child, text in texts for name in find_in(text, secrets)]


def list_readable_texts(process: psutil.Process) -> Iterator[bytes]:
    """All that whoever looks at a process can see of it."""
    yield "\n".join(process.cmdline()).encode()
    yield "\n".join(f"{name}={value}" for name, value in process.environ().items()).encode()
    yield process.cwd().encode()


def find_ours(folder: Path) -> list[Path]:
    """The files under a folder that hold a key, a code, a token or a client's secret in clear, whosever it is."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in files if OURS.search(path.read_bytes())]

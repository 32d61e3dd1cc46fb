"""The browser extension's files: as they ship, as a folder to load, as a zip."""

import hashlib
import io
import json
import zipfile
from base64 import b64decode
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from server.core.errors import Conflict
from server.core.resources import shipped

NAME = "deskhand-extension"
SITE = "https://chatgpt.com"
CONFIG = "// Written by Deskhand.\nexport const CONFIG = {}\n"
TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can have: equal files make an equal zip


@dataclass(frozen=True)
class Manifest:
    """The parts of manifest.json that the server depends on."""

    version: str
    key: str

    @property
    def extension_id(self) -> str:
        """The id that browsers make of the key: 128 bits of its SHA-256, with the digits a to p."""
        digest = hashlib.sha256(b64decode(self.key)).hexdigest()[:32]
        return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)

    @property
    def origin(self) -> str:
        """The Origin header of the extension's requests."""
        return f"chrome-extension://{self.extension_id}"


@dataclass(frozen=True)
class Target:
    """The addresses in a written copy: `site`, which it works on, and `deskhand`, which it offers when it is paired.

    Another site than ChatGPT is for demo mode and tests. The shipped files never have one.
    """

    site: str = SITE
    deskhand: str = "http://127.0.0.1:8000"

    @property
    def host_match(self) -> str:
        """The match pattern of the site; patterns have no port."""
        return f"{self.site.rpartition(':')[0] if self.site.count(':') > 1 else self.site}/*"


@cache
def read_manifest() -> Manifest:
    """Read the manifest that ships with this Deskhand."""
    manifest = json.loads((shipped("ui/extension") / "manifest.json").read_text(encoding="utf-8"))
    return Manifest(version=manifest["version"], key=manifest["key"])


def build_files(target: Target | None = None) -> dict[str, bytes]:
    """Build the extension's files by their names: `{"page/adapter.js": b"…"}`."""
    target = target or Target()
    source = shipped("ui/extension")
    files = {path.relative_to(source).as_posix(): path.read_bytes() for path in sorted(source.rglob("*")) if path.is_file()}
    files["config.js"] = CONFIG.format(json.dumps({"site": target.site, "deskhand": target.deskhand})).encode()
    if target.site != SITE:
        manifest = add_host(json.loads(files["manifest.json"]), target.host_match)
        files["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    return files


def add_host(manifest: dict[str, Any], match: str) -> dict[str, Any]:
    """Add a host to those that the extension may read and change."""
    for part in (*manifest["content_scripts"], *manifest["web_accessible_resources"]):
        part["matches"] = [*part["matches"], match]
    manifest["host_permissions"] = sorted({*manifest["host_permissions"], match})
    return manifest


def write_extension(folder: Path, target: Target | None = None) -> Path:
    """Write the extension to a folder that a browser can load; a former copy there is replaced.

    Raises Conflict if the folder holds anything else.
    """
    files = build_files(target)
    if folder.exists():
        remove_former(folder, set(files))
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def remove_former(folder: Path, names: set[str]) -> None:
    """Remove the files of a former copy that are no longer part of the extension."""
    if not any(folder.iterdir()):
        return
    is_linked = any(path.is_symlink() for path in folder.rglob("*"))  # we would write to wherever a link leads
    if is_linked or not is_copy(folder):
        raise Conflict(f"{folder.name} exists and is not a copy of the extension. Choose another folder.")
    for path in folder.rglob("*.js"):
        if path.relative_to(folder).as_posix() not in names:
            path.unlink()


def is_copy(folder: Path) -> bool:
    """Return whether a folder holds this extension, of whatever version."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return bool(manifest["key"] == read_manifest().key)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def make_zip(target: Target | None = None) -> bytes:
    """Make the zip of the extension; its files are in one folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in build_files(target).items():
            entry = zipfile.ZipInfo(f"{NAME}/{name}", TIMESTAMP)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

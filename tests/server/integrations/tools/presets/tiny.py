"""A preset whose package is made here, so that it is installed without a network."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from server.integrations.tools.presets.catalogue import Manager, Preset, PresetInput

SERVER = """
import json, os, sys

def main():
    for line in sys.stdin:
        request = json.loads(line)
        method, result = request.get("method"), None
        if method == "initialize":
            about = {"name": "tiny", "version": VERSION}
            result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": about}
        elif method == "tools/list":
            result = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in ("look", "secret")]}
        elif method == "tools/call":
            text = " ".join([*sys.argv[1:], os.environ.get("TINY_TOKEN", ""), os.environ.get("TINY_FILE", "")])
            result = {"content": [{"type": "text", "text": text}]}
        if "id" in request:
            answer = {"result": result} if result else {"error": {"code": -32601, "message": "Method not found"}}
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}), flush=True)
"""


def make_wheel(folder: Path, version: str, code: str = SERVER) -> Path:
    """Make a wheel of the package."""
    folder.mkdir(parents=True, exist_ok=True)
    path, info = folder / f"deskhand_tiny-{version}-py3-none-any.whl", f"deskhand_tiny-{version}.dist-info"
    files = {
        "deskhand_tiny.py": f'VERSION = "{version}"\n{code}',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: deskhand-tiny\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    lines = [f"{name},sha256={digest(text)},{len(text)}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)  # the same bytes whenever it is made
    return path


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def make_preset(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: object) -> Preset:
    """Make the preset with its package, which pip finds in a folder."""
    wheel = make_wheel(folder / "packages", "1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    hashed = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "tiny.lock").write_text(f"deskhand-tiny==1.0 \\\n    --hash=sha256:{hashed}\n")
    values: dict[str, object] = {
        "inputs": (
            PresetInput("token", "A token.", secret=True, variables=("TINY_TOKEN",)),
            PresetInput("folder", "A folder.", folder=True),
        ),
        "arguments": (("--folder", "{folder}"),),
        "environment": (("TINY_FILE", "{data}/tiny.json"),),
        "hidden": ("secret",),
        "locks": folder,
    }
    return Preset(
        "tiny",
        "Tiny",
        "A server.",
        Manager.pip,
        "deskhand-tiny",
        "1.0",
        "deskhand_tiny:main",
        **values | changes,  # type: ignore[arg-type]
    )

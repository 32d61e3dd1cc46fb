"""A backup whose content an attacker chose, with a manifest that fits."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def make_hostile(source: Path, target: Path, settings: Mapping[str, Mapping[str, Any]], apps: Mapping[str, Any]) -> Path:
    """Copy a backup with other settings and another list of programs."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    files["settings.json"] = json.dumps({name: {"1": fields} for name, fields in settings.items()}).encode()
    files["app_config.json"] = json.dumps({"version": 2, "apps": apps}).encode()
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} for name, content in files.items()
    }
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, content in files.items():
            archive.writestr(name, content)
    return target

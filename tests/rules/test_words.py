"""The project speaks of itself alone: no path of somebody's machine and no package registry's address in any file."""

import re
import shutil
import subprocess

from tests.conftest import need

# In pieces, so that this file does not find itself.
MACHINE = ["/" + name + "/" for name in ("work", "root", "home/" + r"\w+", "Users/" + r"\w+")]
REGISTRIES = [
    r"\.".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "(org|com)"), ("deb", "debian", "org"))
]
FORBIDDEN = re.compile("|".join([rf"(?<![\w.}}]){path}" for path in MACHINE] + REGISTRIES).encode())


def list_files(root):
    need(shutil.which("git") and (root / ".git").exists(), "a checkout made by git", "apt-get install git; git clone")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True)
    return [root / name for name in listed.stdout.decode().split("\0") if name]


def test_files_name_no_machine_and_no_registry(root):
    findings = [
        f"{path.relative_to(root)}: {match[0].decode()}"
        for path in list_files(root)
        if path.is_file()
        for match in FORBIDDEN.finditer(path.read_bytes())
    ]
    assert findings == []

"""Every child process gets an environment that was made for it: the person's variables, and none of ours."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.rules.sources import FOLDERS, SOURCES, name_of

STARTS = {"subprocess": {"Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}}
STARTS |= {"asyncio": {"create_subprocess_exec", "create_subprocess_shell"}, "psutil": {"Popen"}}
WITHOUT_ENV = {"os": {"system", "popen", "startfile", "fork", "posix_spawn"}, "webbrowser": {"open", "open_new", "open_new_tab"}}
MADE = {
    "clean_environment()",
    "relaunch_environment(os.environ)",
    "dict(launch_spec.environment)",  # of the clean one, with the variables of the entry
    "dict(machine.environment)",  # the clean one
    "dict(connection.environment)",  # the same, with the variables of the configuration
}

OWN_ENVIRONMENT = {"server/system/child_guard.py"}  # a program whose own environment was made for what it starts


MENTIONS = re.compile(rf"\b({'|'.join({*STARTS, *WITHOUT_ENV})})\b")


def find_wrong(source: str) -> Iterator[str]:
    """Find the calls that start a process with our environment."""
    if not MENTIONS.search(source):
        return
    tree = ast.parse(source)
    hidden = {
        id(inner)
        for block in ast.walk(tree)
        if isinstance(block, ast.With) and any(ast.unparse(item.context_expr) == "hidden_secrets()" for item in block.items)
        for inner in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in {*STARTS, "webbrowser"}:
            names = STARTS.get(node.module, set()) | WITHOUT_ENV.get(node.module, set())
            yield from (f"imports {alias.name}" for alias in node.names if alias.name in names)
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        module, name = getattr(node.func.value, "id", ""), node.func.attr
        environment = next((ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "env"), None)
        if name in STARTS.get(module, ()) and environment not in MADE:
            yield f"{module}.{name}, line {node.lineno}"
        is_start = name in WITHOUT_ENV.get(module, ()) or (module == "os" and name.startswith(("exec", "spawn")))
        if is_start and id(node) not in hidden:
            yield f"{module}.{name}, line {node.lineno}"


def test_child_process_gets_an_environment_made_for_it() -> None:
    paths = [path for path in SOURCES if name_of(path).startswith(FOLDERS) and name_of(path) not in OWN_ENVIRONMENT]
    wrong = [f"{name_of(path)}: {each}" for path in paths for each in find_wrong(path.read_text("utf-8"))]
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run(command)",
        "subprocess.Popen(command, env=os.environ)",
        "subprocess.check_output(command, env={**os.environ})",
        "asyncio.create_subprocess_exec(command)",
        "from subprocess import Popen",
        "os.system(command)",
        "os.execv(command, [])",
        "webbrowser.open(address)",
    ],
)
def test_process_with_our_environment_is_found(source: str) -> None:
    assert list(find_wrong(source))

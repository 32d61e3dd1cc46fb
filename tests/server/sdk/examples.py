"""The example integration as a folder of integrations: once, or several times under other names."""

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from server import integrations

SOURCE = Path(__file__).with_name("example")
Remove = Callable[[], None]


def install(folder: Path, names: Sequence[str] = ("example",)) -> Path:
    """Write a copy for each name, of small letters only, into a folder for DESKHAND_INTEGRATIONS."""
    for name in names:
        for source in SOURCE.rglob("*.py"):
            target = folder / name / str(source.relative_to(SOURCE)).replace("example", name)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_text(encoding="utf-8")
            target.write_text(text.replace("example", name).replace("Example", name.title()), encoding="utf-8")
    return folder


def forget(names: Sequence[str]) -> None:
    """Unload what was imported of copies."""
    for name in names:
        module = f"{integrations.__name__}.{name}"
        for loaded in [loaded for loaded in sys.modules if loaded == module or loaded.startswith(f"{module}.")]:
            del sys.modules[loaded]
        vars(integrations).pop(name, None)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remove]:
    """Install the example integration, for servers in this process and for commands. Call it to remove the folder."""
    folder = install(tmp_path / "integrations")
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(folder)])
    monkeypatch.setenv("DESKHAND_INTEGRATIONS", str(folder))

    def remove() -> None:
        shutil.rmtree(folder)
        folder.mkdir()
        forget(["example"])

    yield remove
    forget(["example"])

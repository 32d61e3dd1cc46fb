import sys
import types

import pytest

KEY = r"Software\Deskhand\Test"


class Key:
    """An opened key; it closes like winreg's."""

    def __init__(self, values):
        self.values = values

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def registry(monkeypatch):
    """The registry of a Windows that is made of a dictionary; the module asks which system this is when it is imported."""
    keys = {}

    def find(root, path, *_):
        if path not in keys:
            raise FileNotFoundError(path)
        return Key(keys[path])

    def find_value(key, name):
        if name not in key.values:
            raise FileNotFoundError(name)
        return key.values[name], 1

    def delete(key, name):
        find_value(key, name)
        del key.values[name]

    fake = types.ModuleType("winreg")
    fake.HKEY_CURRENT_USER, fake.REG_SZ, fake.KEY_SET_VALUE = "HKCU", 1, 2
    fake.OpenKey, fake.QueryValueEx, fake.DeleteValue = find, find_value, delete
    fake.CreateKey = lambda root, path: Key(keys.setdefault(path, {}))
    fake.SetValueEx = lambda key, name, _, kind, value: key.values.update({name: value})
    monkeypatch.setitem(sys.modules, "winreg", fake)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delitem(sys.modules, "desktop.registry", raising=False)
    from desktop.registry import WindowsRegistry

    yield WindowsRegistry()
    sys.modules.pop("desktop.registry", None)


def test_registry_value_is_read_until_it_is_deleted(registry) -> None:
    assert registry.read(KEY, "Deskhand") is None
    registry.delete(KEY, "Deskhand")
    registry.write(KEY, "Deskhand", "a command")
    assert registry.read(KEY, "Deskhand") == "a command"
    assert registry.read(KEY, "Another") is None
    registry.delete(KEY, "Deskhand")
    assert registry.read(KEY, "Deskhand") is None

"""The person's own part of the Windows registry."""

import sys
from contextlib import suppress
from typing import Any

if sys.platform == "win32":
    import winreg

    class WindowsRegistry:
        """Values below HKEY_CURRENT_USER."""

        def read(self, key: str, name: str) -> Any:
            """Read a value; None if it is missing."""
            with suppress(FileNotFoundError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
                return winreg.QueryValueEx(opened, name)[0]
            return None

        def write(self, key: str, name: str, value: str) -> None:
            """Write a text."""
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
                winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)

        def delete(self, key: str, name: str) -> None:
            """Delete a value if it exists."""
            with suppress(FileNotFoundError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened:
                winreg.DeleteValue(opened, name)

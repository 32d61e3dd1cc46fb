"""Prints what lies on the clipboard."""

from desktop.toolkit import find_gtk

gtk = find_gtk()
from gi.repository import Gdk  # noqa: E402, it has to be found first

print(gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD).wait_for_text() or "")

"""Copies a text as the tray does, and runs on: on X11 a program keeps what it has copied."""

import sys

from desktop.toolkit import find_gtk
from desktop.tray.clipboard import find_copier

gtk = find_gtk()
copy = find_copier(has_gtk_loop=True)
assert copy
copy(sys.argv[1])
gtk.main()

"""Loss of the X server. GDK would end the process immediately without a message."""

import ctypes
import sys
from collections.abc import Callable

Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


def watch(on_lost: Callable[[], None]) -> object:
    """Call `on_lost` instead, on the thread that draws. It must not return: the process ends when it does.

    Answers what has to be kept as long as X may call it. GTK sets its own way when it begins, so this comes after.
    """
    if not sys.platform.startswith("linux") or "gi" not in sys.modules:
        return None

    def lost(_: object) -> int:
        on_lost()
        return 0

    handler = Handler(lost)
    try:
        ctypes.CDLL("libX11.so.6").XSetIOErrorHandler(handler)
    except (OSError, AttributeError):
        return None
    return handler

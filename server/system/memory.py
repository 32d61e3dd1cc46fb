"""Memory of this process."""

import ctypes
import sys

M_MMAP_THRESHOLD = -3  # malloc.h
LARGE = 1024 * 1024  # bytes


def return_large_blocks() -> None:
    """Make the C library return large blocks to the system as soon as they are freed.

    glibc raises the size from which it does so, up to 32 MiB, and keeps smaller ones in an arena for each thread
    (mallopt(3), M_MMAP_THRESHOLD): six mails of 33 MB left half a gigabyte behind.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt:
            mallopt(M_MMAP_THRESHOLD, LARGE)

"""Differences between operating systems: processes, files, port owners, sleep."""

"""The guard: the one path of every call."""

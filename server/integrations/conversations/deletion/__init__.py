"""Deletion of conversations, with an undo."""

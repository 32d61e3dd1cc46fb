"""Imports of ChatGPT exports: preview, progress, report and undo."""

"""The settings window: a web view in a process of its own, or the browser where there is none."""

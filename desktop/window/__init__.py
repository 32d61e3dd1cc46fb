"""The settings window: a web view in its own process, or the browser without one."""

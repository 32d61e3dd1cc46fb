"""The tray icon and its menu, a client of the local surface."""

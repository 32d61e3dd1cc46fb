"""The local surface: what the window and the command line see, on this computer only, behind a key that is new at every start."""

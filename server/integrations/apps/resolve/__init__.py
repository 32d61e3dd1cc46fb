"""From an entry of the allow-list to the exact program and arguments to start."""

"""Reading of ChatGPT's data exports, without a database. It runs in a process of its own (`worker`), so it imports little."""

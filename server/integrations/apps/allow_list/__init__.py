"""The file that lists the programs a client may start."""

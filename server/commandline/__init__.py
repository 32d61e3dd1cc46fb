"""The command line: thin words over the local surface, whether a server runs or not."""

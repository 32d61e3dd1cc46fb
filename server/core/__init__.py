"""Basic types and functions that import nothing else of ours."""

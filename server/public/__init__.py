"""The public surface: what a tunnel or proxy reaches."""

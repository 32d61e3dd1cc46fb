"""Persistence of the browser queue: all of its SQL."""

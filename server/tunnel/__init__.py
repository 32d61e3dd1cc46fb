"""Tunnel that gives the public surface, and nothing else, a public address while the person wants it."""

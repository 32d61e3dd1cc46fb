"""Every folder here is an integration; server/runtime.py finds them."""

"""Every folder here is an integration; server/runtime/integrations.py finds them."""

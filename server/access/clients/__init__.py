"""Clients: the GPTs, apps and scripts that may call, their credentials and grants."""

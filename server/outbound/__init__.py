"""Requests to addresses on the internet, guarded against SSRF."""

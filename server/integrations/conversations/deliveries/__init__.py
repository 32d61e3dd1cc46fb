"""Conversations and messages that other services deliver."""

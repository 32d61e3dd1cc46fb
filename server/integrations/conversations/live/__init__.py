"""Conversations that Deskhand holds with OpenAI models."""

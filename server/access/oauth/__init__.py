"""The authorization server: how a GPT, an app or any other program becomes a client without being handed a key."""

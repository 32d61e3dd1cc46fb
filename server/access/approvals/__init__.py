"""Calls that wait for the person's word: kept as they came, shown word for word, and run at most once."""

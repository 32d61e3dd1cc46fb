"""Lists and trees of the conversations of both databases."""

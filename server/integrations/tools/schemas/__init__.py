"""Input schemas of tools, rewritten so that OpenAI's importers understand them."""

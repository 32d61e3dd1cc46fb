"""The account at OpenAI: key, options, models, cost and webhook."""

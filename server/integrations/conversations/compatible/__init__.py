"""The API of OpenAI for programs that speak it: /v1."""

"""Google accounts: sign-in, tokens and sessions."""

"""Everything with a screen. It starts, shows and stops the server, and knows nothing of Gmail or apps."""

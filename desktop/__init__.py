"""Everything with a screen. It starts, shows and stops the server, independent of the integrations."""

"""Finding installed programs and adding one to the allow-list."""

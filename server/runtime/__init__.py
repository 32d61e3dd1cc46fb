"""The service container, and starting and stopping integrations."""

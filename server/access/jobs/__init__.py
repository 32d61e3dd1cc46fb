"""Jobs: calls that take longer than their client waits."""

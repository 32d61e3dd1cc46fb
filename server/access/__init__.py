"""Access: clients and their credentials, limits, the guard, approvals, and the activity log."""

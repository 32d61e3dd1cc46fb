"""Outgoing webhooks: an outbox in the database, and deliveries signed as https://www.standardwebhooks.com says."""

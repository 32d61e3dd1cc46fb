"""Sign-in of the person at upstream servers, by OAuth."""

"""`ambivo-gpt-actions`: Deskhand under the name, and with the options, of the program that it replaces for users of Ambivo."""

"""The tables of Deskhand itself, laid out as those of an integration."""

"""Persistence of OMI's data: functions for `database.read` and `database.write`."""

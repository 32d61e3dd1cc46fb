"""What is kept of what OMI sends: functions for the database's two verbs, in the words of the wearable."""

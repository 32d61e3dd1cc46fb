"""The activity log: one record per call, with search."""

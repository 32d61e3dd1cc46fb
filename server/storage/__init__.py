"""Storage: settings, secrets, and the database for everything else."""

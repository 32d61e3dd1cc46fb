"""Where Deskhand keeps things: what a person sets, secrets, and the database for everything else."""

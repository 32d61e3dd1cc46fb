"""Who may call, and what: clients and their keys, limits, the guard, and the record of what happened."""

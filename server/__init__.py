"""The server: operations, the guard that every call walks through, and the two surfaces it is reached by."""

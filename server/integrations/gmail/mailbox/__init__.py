"""Reading, searching and changing a mailbox."""

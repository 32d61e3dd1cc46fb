"""The browser extension's side of the queue: sockets, dispatch, pairing, and what is known of each extension."""

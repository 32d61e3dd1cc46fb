"""HTTP on our own sockets: uvicorn with limits, middleware, problem details."""

"""HTTP on this computer, as httpx2 speaks it: past the proxies of the environment, and without the system's certificates.

Nothing here is encrypted, and reading these took a quarter of all the time of the tests.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx2

SECONDS = 60.0  # that a server on a busy machine has for an answer

request = partial(httpx2.request, trust_env=False, verify=False, timeout=SECONDS)
get, post, put, delete = (partial(request, method) for method in ("GET", "POST", "PUT", "DELETE"))
stream = partial(httpx2.stream, trust_env=False, verify=False, timeout=SECONDS)
Client = partial(httpx2.Client, trust_env=False, verify=False, timeout=SECONDS)
AsyncClient = partial(httpx2.AsyncClient, trust_env=False, verify=False, timeout=SECONDS)


@contextmanager
def hold_port(address: str) -> Iterator[None]:
    """Hold the port of an address that is no longer served, which the next server could get by chance."""
    with socket.create_server(("127.0.0.1", urlsplit(address).port or 0)):
        yield

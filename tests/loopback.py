"""HTTP on this computer, as httpx2 speaks it: past the proxies of the environment, and without the system's certificates.

Nothing here is encrypted, and reading these took a quarter of all the time of the tests.
"""

from functools import partial

import httpx2

request = partial(httpx2.request, trust_env=False, verify=False)
get, post, put, delete = (partial(request, method) for method in ("GET", "POST", "PUT", "DELETE"))
stream = partial(httpx2.stream, trust_env=False, verify=False)
Client = partial(httpx2.Client, trust_env=False, verify=False)
AsyncClient = partial(httpx2.AsyncClient, trust_env=False, verify=False)

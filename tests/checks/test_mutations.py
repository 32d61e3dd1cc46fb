import asyncio

import pytest

from tests import loopback
from tests.checks.mutations import attack


@pytest.mark.timeout(900)
def test_malformed_requests_are_never_5xx_and_the_server_stays_up(start, long: bool) -> None:
    server = start("--demo")
    document = loopback.get(server.public + "/openapi.json").json()
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    key = server.make_client("mutant", allow=[name for name in names if name != "control_app"], rate="none")
    count = 100_000 if long else 1_500
    tally = asyncio.run(attack(server.public, key, document, count, seed=1))
    print(f"{count} broken requests: {dict(tally.statuses)}")
    assert tally.failures == []
    assert tally.statuses["422"] > count / 20
    assert tally.statuses["200"] > 0
    assert loopback.get(server.public + "/health").status_code == 200

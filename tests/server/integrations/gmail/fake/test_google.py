"""Errors have Google's shape, and faults happen to whom they were ordered for."""

import pytest

from server.integrations.gmail.fake.google import Fault, Faults, GoogleError


@pytest.mark.parametrize(
    ("status", "name", "reason", "domain"),
    [
        (400, "INVALID_ARGUMENT", "invalidArgument", "global"),
        (401, "UNAUTHENTICATED", "authError", "global"),
        (403, "PERMISSION_DENIED", "forbidden", "global"),
        (404, "NOT_FOUND", "notFound", "global"),
        (409, "ABORTED", "aborted", "global"),
        (429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "usageLimits"),
        (500, "INTERNAL", "backendError", "global"),
        (503, "UNAVAILABLE", "backendError", "global"),
        (418, "UNKNOWN", "backendError", "global"),
    ],
)
def test_error_has_both_formats_of_google(status: int, name: str, reason: str, domain: str) -> None:
    error = GoogleError(status).describe()["error"]

    assert (error["code"], error["status"]) == (status, name)
    assert error["errors"][0].items() >= {"reason": reason, "domain": domain, "message": error["message"]}.items()


def test_faults_happen_in_order_and_as_often_as_configured() -> None:
    faults = Faults()
    faults.order(Fault(path="send", method="POST", status=500, times=2))
    faults.order(Fault(status=503))

    taken = [faults.take(*call) for call in (("POST", "/send"), ("GET", "/send"), ("POST", "/send"), ("POST", "/send"))]

    assert [fault and fault.status for fault in taken] == [500, 503, 500, None]


def test_fault_has_retry_after() -> None:
    assert Fault(status=429, retry_after=1.5).describe().headers == {"Retry-After": "1.5"}
    assert Fault(status=429).describe().headers == {}

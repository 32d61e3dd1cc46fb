from dataclasses import replace

import pytest

from server.integrations.omi.signature import (
    DELIVERY,
    EVENT,
    SIGNATURE,
    canonical_path,
    canonical_query,
    is_signed,
    read_time,
    sign_v1,
    sign_v2,
)
from server.sdk.webhook_auth import SignedRequest

SECRET, NOW = "whsec_test_secret", 1_760_000_000
BODY = '{"id":"c1","structured":{"title":"héllo"}}'.encode()
V1 = "524a7ed7940d2fcd6934fd7b657ea4a3ddad5853297d32ca665eb689e8b84886"
V2 = "e56234512521c34bb942e7b116b88e74780981591ad8fee10d772f1b448a6d23"
WEBHOOK = SignedRequest(BODY, query=b"uid=test_user")
CALL_HEADERS = {DELIVERY: "d-1", EVENT: "chat_tool"}
CALL = SignedRequest(b"", "GET", b"/omi/tools/search", b"uid=u+1&q=a%2Bb&app_id=x", CALL_HEADERS)


def accepts(header: str, request: SignedRequest = WEBHOOK, secrets: tuple[str, ...] = (SECRET,)) -> bool:
    return is_signed(replace(request, headers={**request.headers, SIGNATURE: header}), secrets)


def test_signatures_equal_those_that_omi_makes() -> None:
    assert sign_v1(SECRET, NOW, "test_user", BODY) == V1
    assert sign_v2(SECRET, NOW, CALL) == V2
    assert canonical_query(b"uid=u+1&q=a%2Bb&app_id=x") == "app_id=x&q=a%2Bb&uid=u%201"
    assert canonical_path(b"") == "/"
    assert canonical_path(b"/a%2fb/%41~") == "/a%2Fb/A~"


@pytest.mark.parametrize(("request_", "version", "digest"), [(WEBHOOK, "v1", V1), (CALL, "v2", V2)], ids=["v1", "v2"])
def test_every_digit_of_a_signature_counts(request_, version, digest) -> None:
    assert accepts(f"t={NOW},{version}={digest}", request_)
    for place in (0, 3, 4, 31, 32, 62, 63):
        digit = "0" if digest[place] != "0" else "1"
        assert not accepts(f"t={NOW},{version}={digest[:place]}{digit}{digest[place + 1 :]}", request_), place


def test_valid_signature_among_several_suffices() -> None:
    header = f"t={NOW},v1={'0' * 64}, v1={V1}"
    assert accepts(header, secrets=("another", SECRET))
    assert accepts(header, secrets=(SECRET, "another"))
    assert not accepts(header, secrets=("another",))
    assert not accepts(header, secrets=())


@pytest.mark.parametrize(
    "header",
    [
        "",
        V1,
        f"v1={V1}",
        f"t={NOW}",
        f"t=,v1={V1}",
        f"t={NOW},v1={V1[:-1]}",
        f"t={NOW},v1={V1}0",
        f"t={NOW},v1={V1} ",
        f"t={NOW},v1={V1.upper()}",
        f"t={NOW},v3={V1}",
        f"t=-1,v1={V1}",
        f"t=1234567890123,v1={V1}",
        f"t={NOW},v1={V1}" + f",v1={'0' * 64}" * 100,
    ],
)
def test_malformed_header_is_refused(header) -> None:
    assert read_time({SIGNATURE: header}) is None
    assert not accepts(header)


def test_time_is_read_from_the_header() -> None:
    assert read_time({SIGNATURE: f"t={NOW},v1={V1}"}) == NOW
    assert read_time({}) is None
    assert not is_signed(WEBHOOK, [SECRET])


def test_signature_covers_version_uid_body_and_time() -> None:
    header = f"t={NOW},v1={V1}"
    assert not accepts(header, replace(WEBHOOK, query=b"uid=other"))
    assert not accepts(header, replace(WEBHOOK, body=BODY + b" "))
    assert not accepts(f"t={NOW + 1},v1={V1}")
    assert not accepts(f"t={NOW},v2={V1}")


@pytest.mark.parametrize(
    "changes",
    [
        {"body": b" "},
        {"method": "POST"},
        {"path": b"/omi/tools/other"},
        {"query": b"uid=u+1&q=a%2Bb&app_id=y"},
        {"headers": CALL_HEADERS | {DELIVERY: "d-2"}},
        {"headers": CALL_HEADERS | {EVENT: "other"}},
    ],
)
def test_v2_covers_the_whole_request(changes) -> None:
    assert accepts(f"t={NOW},v2={V2}", CALL)
    assert not accepts(f"t={NOW},v2={V2}", replace(CALL, **changes))


@pytest.mark.parametrize("query", [b"uid=%C3%A9", b"uid=\xc3\xa9", b"%ff=%fe&uid=x", b"uid=%", b"&&=&uid", "uid=\u00b2".encode()])
def test_query_in_any_encoding_is_verified(query) -> None:
    request = SignedRequest(BODY, query=query)
    assert not accepts(f"t={NOW},v1={V1}", request)
    assert accepts(f"t={NOW},v2={sign_v2(SECRET, NOW, request)}", request)


def test_non_ascii_query_has_one_spelling() -> None:
    assert canonical_query(b"uid=%C3%A9&a=\xc3\xa9") == "a=%C3%A9&uid=%C3%A9"
    assert accepts(f"t={NOW},v1={sign_v1(SECRET, NOW, 'é', BODY)}", SignedRequest(BODY, query=b"uid=%C3%A9"))

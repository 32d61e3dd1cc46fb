from starlette.datastructures import Headers

from server.access.guard.authentication import read_keys


def test_key_is_read_from_each_header_and_other_schemes_are_none() -> None:
    headers = [(b"x-api-key", b"one"), (b"authorization", b"bearer two"), (b"authorization", b"ApiKey  three")]
    assert read_keys(Headers(raw=headers)) == {"one", "two", "three"}
    assert read_keys(Headers(raw=[(b"authorization", b"Basic eDp5"), (b"x-api-key", b"")])) == set()

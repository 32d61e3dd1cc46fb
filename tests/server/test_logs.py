import logging

from server.logs import Redaction


def test_keys_and_tokens_do_not_stand_in_the_log(caplog) -> None:
    log = logging.getLogger("test of the log")
    log.addFilter(Redaction())
    try:
        raise ValueError("with ya29.a-token-of-googles")
    except ValueError:
        log.exception("the key dh_0123456789abcdef and %s", "Bearer abc.def")
    for secret in ("dh_0123", "abc.def", "a-token-of-googles"):
        assert secret not in caplog.text
    assert "the key •••" in caplog.text

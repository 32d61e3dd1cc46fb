from server.access.activity.entry import redact


def test_secrets_and_long_texts_are_redacted_in_activity() -> None:
    redacted = redact(
        {
            "to": "a",
            "access_token": "s3cret",
            "inner": [{"Password": "s3cret"}],
            "content": "x" * 10_000,
            "n": 1,
            "empty_token": None,
        }
    )
    assert "s3cret" not in str(redacted)
    assert len(str(redacted)) < 3_000
    assert (redacted["to"], redacted["n"], redacted["empty_token"]) == ("a", 1, None)


def test_secret_at_the_truncation_limit_is_redacted() -> None:
    redacted = redact({"content": "x" * 1_990 + " dh_" + "s3cret" * 10})
    assert "s3cret" not in str(redacted)
    assert redacted["content"].endswith("••• (2054 characters)".replace(" (", "… ("))

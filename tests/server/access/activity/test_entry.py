from server.access.activity.entry import redact


def test_secrets_and_long_texts_are_redacted_in_activity() -> None:
    told = redact(
        {
            "to": "a",
            "access_token": "s3cret",
            "inner": [{"Password": "s3cret"}],
            "content": "x" * 10_000,
            "n": 1,
            "empty_token": None,
        }
    )
    assert "s3cret" not in str(told)
    assert len(str(told)) < 3_000
    assert (told["to"], told["n"], told["empty_token"]) == ("a", 1, None)


def test_secret_at_the_truncation_limit_is_redacted() -> None:
    told = redact({"content": "x" * 1_990 + " dh_" + "s3cret" * 10})
    assert "s3cret" not in str(told)
    assert told["content"].endswith("••• (2054 characters)".replace(" (", "… ("))

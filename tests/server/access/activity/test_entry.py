from server.access.activity.entry import effect_text, redact
from server.sdk.operation import Effect


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


def test_secret_in_a_field_of_an_effect_is_redacted_by_its_name() -> None:
    """The effect of a tool has its arguments: texts, and what is none as JSON."""
    fields = (("“password”", "s3cret"), ("“account”", '{"api_key": "s3cret", "name": "ann"}'), ("Text", "[not] JSON"))
    stored = effect_text(Effect("call a tool", fields))
    assert stored is not None
    assert "s3cret" not in stored
    assert "ann" in stored and "[not] JSON" in stored

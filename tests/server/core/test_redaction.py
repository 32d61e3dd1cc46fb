import time

import pytest

from server.core.redaction import redact, redact_start

KEY = "9x_Qd5bKp2TzLwR8vN-4mYcF7sHj3GaUe6XkPoWi1Zt"  # 43 characters, as those of sessions have
SECRETS = [
    "dh_0123456789abcdef",
    "ya29.a0AfH6SMBx",
    "1//0gLongRefreshToken",
    "4/0AanRRrtT1vVyq_abcdefghij",
    "GOCSPX-abcDEF123_456",
    "2Yh4KqW9xZbTnR7mVcJd5fGsA1e_3pLuXwQzB8tYkNvM6rHjC",
    "cr_2Yh4KqW9xZbTnR7mVcJd5fGsA1e",
    "sk-proj-abcdefghijklmnop",
    "eyJhbGciOiJI.eyJzdWIi.c2ln",
    "eyJ-hbGciOiJI.eyJ-zdWIi.c2ln",
    KEY,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_known_by_its_form(secret) -> None:
    assert redact(f"before {secret}, after") == "before •••, after"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET https://desk.example.org/oauth?code=abc&state=def HTTP/1.1", "GET https://desk.example.org/oauth?••• HTTP/1.1"),
        ("opened /enter?key=abc", "opened /enter?•••"),
        ('{"client_secret": "hunter2", "ok": 1}', '{"client_secret": "•••", "ok": 1}'),
        ("authtoken: hunter2", "authtoken: •••"),
        ("Cookie: deskhand_session=abc", "Cookie: •••"),
        ("POST /chatgpt/webhook/memory/fxWjwkHZt3bIpVqbCN2jQ1C9_66thRvH ok", "POST /chatgpt/webhook/memory/••• ok"),
    ],
)
def test_what_is_called_a_secret_and_every_query_is_taken_out(text, left) -> None:
    assert redact(text) == left


@pytest.mark.parametrize("text", ["Is it on? Yes.", "3f" * 32, "notes-on-the-quarter-in-forty-three-letters", "deskhand.db"])
def test_what_is_no_secret_stays(text) -> None:
    assert redact(text) == text


HOSTILE = [
    "eyJ-", "eyJaaaaaaaa.", "eyJaaaaaaaa.-eyJ", "-.eyJ", "dh_", "dh_aaaaaaa.", "ya29.", "1//", "4/", "4/a", "GOCSPX-",
    "ak_", "cr_a",
    "0a", "0aaaaaaaaaaaaaaaaaaaaa_", "sk-", "sk-a.", "Bearer ", "basic\t", "password", "password ", "token=", 'api_key:"',
    "aB-", "A-a ",
    "a?", "/?a", "a?b=", " ", '"', ".",
]  # fmt: skip


def spend(text: str) -> float:
    """Seconds of the processor that it takes to look through a text."""
    began = time.thread_time()
    redact(text)
    return time.thread_time() - began


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("end", ["", "a"])
def test_a_hostile_text_takes_as_much_longer_as_it_is_longer(piece, end) -> None:
    last = None
    for size in (2_000, 16_000, 128_000, 1_000_000):  # eight times as long each: where it were the square, 64 times as slow
        text = piece * (size // len(piece) // 2) + (end or piece) * (size // len(end or piece) // 2)
        spent = min(spend(text) for _ in range(2))
        assert last is None or spent < 24 * last + 0.02, f"{size} characters"
        last = spent


def test_the_start_of_a_text_holds_no_secret_that_goes_on_behind_it() -> None:
    key = "sk-" + "a" * 40
    assert redact_start(f"1234 {key} after", 10) == "1234 •••… (54 characters)"
    assert redact_start(f"{key} {key}", len(key) + 3) == "••• •••… (87 characters)"
    assert redact_start(f"{key} ok", 100) == "••• ok"
    assert redact_start("x" * 3_000_000 + key, 5) == "xxxxx… (3000043 characters)"

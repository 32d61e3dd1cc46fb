import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.redaction import FORMS, redact, redact_start

KEY = "9x_Qd5bKp2TzLwR8vN-4mYcF7sHj3GaUe6XkPoWi1Zt"  # 43 characters, as those of sessions have
SECRETS = [
    "dh_0123456789abcdef",
    "ya29.a0AfH6SMBx",
    "1//0gLongRefreshToken",
    "4/0AanRRrtT1vVyq_abcdefghij",
    "GOCSPX-abcDEF123_456",
    "2Yh4KqW9xZbTnR7mVcJd5fGsA1e_3pLuXwQzB8tYkNvM6rHjC",
    "2Yh4KqW9xZbTnR7mVcJd5_3pLuXwQzB8tYkNv",  # as short as one may be
    "cr_2Yh4KqW9xZbTnR7mVcJd5fGsA1e",
    "sk-proj-abcdefghijklmnop",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "eyJhbGciOiJI.eyJzdWIi.c2ln",
    "eyJ-hbGciOiJI.eyJ-zdWIi.c2ln",
    KEY,
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_is_recognized_by_its_format(secret) -> None:
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
def test_named_secrets_and_query_strings_are_redacted(text, left) -> None:
    assert redact(text) == left


@pytest.mark.parametrize("text", ["Is it on? Yes.", "3f" * 32, "notes-on-the-quarter-in-forty-three-letters", "deskhand.db"])
def test_ordinary_text_is_not_redacted(text) -> None:
    assert redact(text) == text


HOSTILE = [
    "eyJ-", "eyJaaaaaaaa.", "eyJaaaaaaaa.-eyJ", "-.eyJ", "dh_", "dh_aaaaaaa.", "ya29.", "1//", "4/", "4/a", "GOCSPX-",
    "ak_", "cr_a",
    "0a", "0aaaaaaaaaaaaaaaaaaaaa_", "sk-", "sk-a.", "whsec_", "whsec_a.",
    "Bearer ", "basic\t", "password", "password ", "token=", 'api_key:"',
    "aB-", "A-a ",
    "a?", "/?a", "a?b=", " ", '"', ".",
]  # fmt: skip


NEAREST = ("eyJ-", "0aaaaaaaaaaaaaaaaaaaaa_", "aB-")  # to a secret, without being one


def spend(text: str) -> float:
    """Seconds of the processor that it takes to look through a text."""
    began = time.thread_time()
    redact(text)
    return time.thread_time() - began


def check_linear(piece: str, end: str) -> None:
    last = None
    for size in (2_000, 16_000, 128_000, 1_000_000):  # eight times as long each: if it were the square, 64 times as slow
        text = piece * (size // len(piece) // 2) + (end or piece) * (size // len(end or piece) // 2)
        spent = min(spend(text) for _ in range(2))
        assert last is None or spent < 24 * last + 0.02, f"{size} characters"
        last = spent


@pytest.mark.parametrize("end", ["", "a"])
def test_hostile_text_takes_linear_time(long, end) -> None:
    for piece in HOSTILE if long else NEAREST:
        check_linear(piece, end)


PIECES = [
    *SECRETS,
    *HOSTILE,
    *FORMS,
    "Bearer ",
    "BASIC ",
    "bas\u0131c ",
    "BA\u017f\u0130C ",
    "a",
    "0",
    "_",
    " ",
    "-",
    ".",
    "/",
    "ä",
    "•",
    "\ud800",
]
WHOLE = re.compile("|".join(FORMS.values()))


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_search_by_marks_finds_the_same_as_all_expressions_at_once(text) -> None:
    assert redact_start(text, len(text)) == WHOLE.sub("•••", text)


def test_authorization_scheme_is_case_insensitive() -> None:
    one_of_them = re.compile("[bearsic]", re.IGNORECASE)
    for letter in filter(one_of_them.match, map(chr, range(sys.maxunicode + 1))):
        for scheme in ("bearer ", "basic "):
            for char in scheme.strip():
                spelled = scheme.replace(char, letter)
                assert redact_start(f"{spelled}hunter2", 100) == f"{spelled}•••" or not re.fullmatch(char, letter, re.IGNORECASE)


def test_secret_cut_off_at_the_start_of_a_text_is_redacted() -> None:
    key = "sk-" + "a" * 40
    assert redact_start(f"1234 {key} after", 10) == "1234 •••… (54 characters)"
    assert redact_start(f"{key} {key}", len(key) + 3) == "••• •••… (87 characters)"
    assert redact_start(f"{key} ok", 100) == "••• ok"
    assert redact_start("x" * 3_000_000 + key, 5) == "xxxxx… (3000043 characters)"

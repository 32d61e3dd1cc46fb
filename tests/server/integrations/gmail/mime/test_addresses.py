"""No address in a header is lost, whatever stands around it, on every Python."""

import re
import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.domains import show_address
from server.core.errors import InvalidInput
from server.integrations.gmail.fake.google import GoogleError
from server.integrations.gmail.fake.recipients import read_recipients
from server.integrations.gmail.mime.addresses import ParsedAddress, parse_addresses
from server.integrations.gmail.mime.raw_message import read_raw

CASES = Path(__file__).parents[1] / "cases"


def unparsed(text: str) -> ParsedAddress:
    return ParsedAddress(text, well_formed=False)


WELL_FORMED = {
    "": [],
    " , ,": [],
    "a@example.com": [("", "a@example.com")],
    "<a@example.com>": [("", "a@example.com")],
    "a@example.com,b@example.com": [("", "a@example.com"), ("", "b@example.com")],
    '"Doe, Jane" <jane@example.org>, bob@example.com': [("Doe, Jane", "jane@example.org"), ("", "bob@example.com")],
    '"a \\"b\\" \\\\c" <a@example.com>': [('a "b" \\c', "a@example.com")],
    "=?utf-8?q?J=C3=BCrgen?= <j@example.com>": [("Jürgen", "j@example.com")],
    "=?utf-8?q?Doe=2C?= =?utf-8?b?IEphbmU=?= <j@example.com>, b@example.com": [
        ("Doe, Jane", "j@example.com"),
        ("", "b@example.com"),
    ],
    "=?utf-8?q?Zo=C3=AB_=3Czoe=40old.example=3E?= <zoe@new.example>": [("Zoë <zoe@old.example>", "zoe@new.example")],
    "Harbour [Support - tier 2] <support@harbour.example>": [("Harbour [Support - tier 2]", "support@harbour.example")],
    "Team: a@example.com, Bob <b@example.com>; c@example.com": [
        ("", "a@example.com"),
        ("Bob", "b@example.com"),
        ("", "c@example.com"),
    ],
    "undisclosed-recipients:;": [],
    "a@example.com (Ann (of \\) Accounts))": [("Ann (of ) Accounts)", "a@example.com")],
    "Ann <a@example.com> (away, until May)": [("Ann (away, until May)", "a@example.com")],
    "Ann (see b@example.com) <a@example.com>": [("Ann (see b@example.com)", "a@example.com")],
    "bank@example.com\u202e <evil@example.net>": [("bank@example.com", "evil@example.net")],
}
MALFORMED = {  # an address is read, and yet a mail server may read something else
    "Zoë <zoe@old.example> <zoe@new.example>": [("Zoë <zoe@old.example>", "zoe@new.example")],
    "Doe, Jane <jane@example.org>": [("Doe, Jane", "jane@example.org")],
    "Support: tier 2 <a@example.com>": [("Support: tier 2", "a@example.com")],
    '5" pipes <a@example.com>, "5" <b@example.com>': [('5" pipes', "a@example.com"), ("5", "b@example.com")],
    'Ann \\" <a@example.com>, b@example.com " <c@example.com>': [('Ann \\"', "a@example.com"), None],
    '"unclosed <a@example.com>': [('"unclosed', "a@example.com")],
    "Bob :( <b@example.com>, Eve :) <e@example.com>": [("Bob :(", "b@example.com"), ("Eve :)", "e@example.com")],
    "1 < 2, Bob <b@example.com>": [("1 < 2, Bob", "b@example.com")],
    "a@example.com; b@example.com": [("", "a@example.com"), ("", "b@example.com")],
}
UNPARSED = [
    "nobody",
    "@",
    "a@b@example.com",
    "a b@example.com",
    "a@example.com b@example.com",
    "a@example.com(x)y",
    "Bob <b@example.com> e@example.com",
    "Bob <b@example.com",
    "Bob <>",
    '"a b"@example.com',
    "a@[127.0.0.1]",
    "<mailto:a@example.com>",
    "<@relay.example,@other.example:a@example.com>",
    "evil@example.com: a@example.com",
    "a@" + "x" * 320,
    "a\ufffd@example.com",
]


@pytest.mark.parametrize("header", WELL_FORMED)
def test_well_formed_header_is_parsed_by_its_grammar(header):
    assert parse_addresses([header]) == [ParsedAddress(name, address) for name, address in WELL_FORMED[header]]


@pytest.mark.parametrize("header", MALFORMED)
def test_malformed_entry_is_read_and_marked(header):
    entries = parse_addresses([header])
    for entry, expected in zip(entries, MALFORMED[header], strict=True):
        assert expected in {None, (entry.name, entry.address)}
    assert not all(entry.well_formed for entry in entries)


@pytest.mark.parametrize("header", UNPARSED)
def test_entry_without_a_readable_address_is_preserved(header):
    assert parse_addresses([f"c@example.com, {header}"]) == [ParsedAddress("", "c@example.com"), unparsed(header)]
    assert str(unparsed(header)) == header


def test_address_with_an_invisible_character_or_an_encoded_word_is_unparsed():
    headers = ["b\u200bob@example.com", "=?utf-8?q?bob=40example.com?=", "=?utf-8?q?bob?=@example.com"]
    assert [(entry.address, entry.well_formed) for entry in parse_addresses(headers)] == [("", False)] * 3


def test_address_beside_separators_in_a_comment_is_not_hidden():
    entries = parse_addresses(["Bob (hi, eve@evil.example, x) <bob@example.com>", "(<eve@evil.example>) bob@example.com"])
    assert "eve@evil.example" in {entry.address for entry in entries}
    assert all("eve" in str(entry) or "bob" in str(entry) for entry in entries if "@" in str(entry))
    assert not any(entry.well_formed for entry in entries if "(" in str(entry))


def test_address_in_an_unquoted_name_is_an_alternative():
    headers = ["boss@corp.example <eve@evil.example>", '"boss@corp.example" <eve@evil.example>']
    unquoted, quoted = parse_addresses(headers)
    assert unquoted == ParsedAddress("boss@corp.example", "eve@evil.example", alternatives=("boss@corp.example",))
    assert quoted == ParsedAddress("boss@corp.example", "eve@evil.example")


def test_all_occurrences_of_a_header_are_read():
    addresses = [entry.address for entry in parse_addresses(["Doe", "a@example.com", "b@example.com, c@example.com"])]
    assert addresses == ["", "a@example.com", "b@example.com", "c@example.com"]


@pytest.mark.parametrize("case", ["name-in-brackets", "name-is-an-address", "name-holds-an-address", "reply-all"])
def test_every_name_and_address_of_a_mail_is_read(case):
    message = message_from_bytes((CASES / f"{case}.eml").read_bytes(), policy=policy.compat32)
    raw = "".join(message.get_all(name, [""])[0] + "," for name in ("From", "To", "Cc"))
    entries = parse_addresses(message.get_all("From", []) + message.get_all("To", []) + message.get_all("Cc", []))
    assert [entry.address for entry in entries if entry.address not in re.findall(r"<([^<>]*)>", raw)] == []
    assert len(entries) == raw.count("<")
    assert all(entry.well_formed and entry.name for entry in entries)


ATOM = st.text(st.sampled_from("abcXYZ019.-_+é日"), min_size=1, max_size=6)
ADDRESS = st.builds("{}@{}".format, ATOM, ATOM)
NOISE = st.text() | st.text(st.sampled_from('"\\<>()[]:;,@ \t.=?ab\u200b'), max_size=8)
NOISE |= st.sampled_from(["=?utf-8?q?=C3=AB?=", "=?utf-8?b?", "?=", "Team:", " <", "> ", '"', ", ", "; "])


@given(st.lists(NOISE | ADDRESS, max_size=12).map("".join))
def test_no_address_is_lost(header):
    header = header.replace("_", "-")  # in an encoded word it is a space
    shown = " ".join(map(str, parse_addresses([header])))
    for address in re.findall(r"[\w.+-]+@[\w.+-]+", header):
        assert address in shown


@given(st.lists(st.tuples(NOISE, st.sampled_from(["{}, ", " <{}>, "]), ADDRESS), min_size=1, max_size=4))
def test_well_formed_header_has_no_other_recipients_than_parsed(entries):
    header = "".join(noise + form.format(address) for noise, form, address in entries)
    raw = f"To: {' '.join(header.split())}\r\n\r\n".encode("utf-8", "replace")
    try:
        reached = read_recipients(raw)
        mail = read_raw(raw)
        mail.require_clear_recipients()
    except (GoogleError, InvalidInput):
        return
    assert reached == [entry.address for entry in mail.headers.addresses("To")]
    assert set(map(show_address, reached)) <= set(mail.addresses)


@pytest.mark.parametrize("unit", ["(", "<", '"', '\\"', ' "', "(@,", "(@,)", "a,", "a:", ";", "=?a?q?x", "=?utf-8?q?a?= ", "(\\"])
def test_hostile_header_takes_linear_time(unit):
    def measure(size: int) -> float:
        start = time.process_time()
        parse_addresses([unit * (size // len(unit)) + "<a@example.com>"])
        return time.process_time() - start

    # Eight times the header takes 8 times as long, or 64 if it is searched once for each of its characters. A busy machine can
    # make one look like the other, but not five times.
    assert any(measure(80_000) < 24 * max(measure(10_000), 0.02) for _ in range(5))

import time

import pytest

from server.core.domains import explain_domain, find_hosts, show_address, show_link

CYRILLIC_APPLE = "\u0430\u0440\u0440\u04cf\u0435.com"  # every letter of it
MIXED = "p\u0430ypal.com"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ann@example.com", "ann@example.com"),
        ("ann@münchen.example", "ann@xn--mnchen-3ya.example"),
        (f"ann@{MIXED}", "ann@xn--pypal-4ve.com"),
        (f"ann@{CYRILLIC_APPLE}", "ann@xn--80ak6aa92e.com"),
        ("ann@日本語.jp", "ann@xn--wgv71a119e.jp"),
        ("jörg@example.com", "jörg@example.com"),
        ("ann@a\u200bb\u202e.example", None),
    ],
)
def test_domain_is_shown_in_ascii(address: str, shown: str | None) -> None:
    output = show_address(address)
    assert output.rpartition("@")[2].isascii()
    assert shown is None or output == shown


def test_everything_odd_about_a_domain_is_explained() -> None:
    assert explain_domain("example.com") is None
    assert explain_domain(MIXED) == (
        f"xn--pypal-4ve.com is written {MIXED}: its letters are Cyrillic and Latin, one word mixes alphabets, "
        "it can look like another domain."
    )
    assert explain_domain("xn--pypal-4ve.com") == explain_domain(MIXED)
    assert "mixes" not in str(explain_domain("xn--wgv71a119e.jp"))
    assert "mixes" not in str(explain_domain("ひらがなカタカナ漢字.jp"))
    assert "Cyrillic" in str(explain_domain(CYRILLIC_APPLE))
    assert explain_domain("xn--\u00fc.example")


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        (f"see https://{MIXED}/x, please", [MIXED]),
        (f"https://bank.example@{MIXED}:443/?a", [MIXED]),
        (f"[bank](https:\\\\{MIXED})", [MIXED]),
        (f"mail ann@{MIXED.upper()} or WWW.{MIXED}.", [MIXED, f"www.{MIXED}"]),
        ("https://p%D0%B0ypal.com/ and xn--pypal-4ve.com", [MIXED, "xn--pypal-4ve.com"]),
        ("https://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", ["\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444"]),
        ("https://example.com, Hallo.Sch\u00f6n, 100%, \u3053\u3093.\u4e16", []),
    ],
)
def test_hosts_in_other_letters_are_found_in_a_text(text: str, hosts: list[str]) -> None:
    assert list(find_hosts(text)) == hosts


def test_long_text_is_searched_in_linear_time() -> None:
    begun = time.process_time()
    for piece in ("a.", "a@", "://", f"//{MIXED[:3]}.b", "\u0430", f"{MIXED}/"):
        assert list(find_hosts(piece * 100_000)) is not None
    assert time.process_time() - begun < 10


def test_link_is_shown_with_its_host_in_ascii() -> None:
    assert show_link(f"https://a@{MIXED}:1/{MIXED}?") == f"https://a@xn--pypal-4ve.com:1/{MIXED}?"
    assert show_link("//p%D0%B0ypal.com") == "//xn--pypal-4ve.com"
    assert show_link("mailto:a@b.example") == "mailto:a@b.example"

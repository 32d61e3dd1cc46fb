import pytest

from server.core.domains import explain_domain, show_address

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

"""Amounts of US dollars."""

from decimal import Decimal

from server.integrations.conversations.openai_account.money import format_dollars, format_units, to_units


def test_amounts_are_exact():
    assert to_units(Decimal("0.00528")) == 528_000_000
    assert format_units(528_000_000) == "0.00528"
    assert format_units(to_units(Decimal("0.1")) * 3) == "0.3"
    assert (format_units(0), format_units(200_000_000_000)) == ("0", "2")


def test_fraction_of_a_unit_is_rounded_up():
    assert to_units(Decimal("0.000000000001")) == 1


def test_sentence_has_whole_cents_unless_it_is_less_than_one():
    assert [format_dollars(to_units(Decimal(amount))) for amount in ("2.07", "1.001", "0.0042", "0")] == [
        "$2.07",
        "$1.01",
        "$0.0042",
        "$0.00",
    ]

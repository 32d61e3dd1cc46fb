"""US dollars, exactly: Decimal in the program, whole billionths of a cent in the database, decimal strings outside."""

from decimal import ROUND_CEILING, Decimal

UNITS = 100_000_000_000  # of the database in a dollar


def to_units(amount: Decimal) -> int:
    """Convert to units of the database, rounded up."""
    return int((amount * UNITS).to_integral_value(ROUND_CEILING))


def format_units(units: int) -> str:
    """Write units of the database as dollars, such as "0.0123"."""
    text = f"{Decimal(units) / UNITS:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_dollars(units: int) -> str:
    """Write an amount in a sentence: whole cents, or more digits of what is less than one."""
    amount = Decimal(units) / UNITS
    if amount and amount < Decimal("0.01"):
        return f"${amount.quantize(Decimal('0.000001'), ROUND_CEILING).normalize():f}"
    return f"${amount.quantize(Decimal('0.01'), ROUND_CEILING):f}"

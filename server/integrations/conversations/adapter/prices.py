"""Prices of OpenAI's models, from the data that genai-prices ships. Nothing is fetched."""

from datetime import datetime
from decimal import Decimal

from server.integrations.conversations.adapter.protocol import Usage

PROVIDER = "openai"
USUAL_TIER = "default"  # of service
TIERS = ("", "auto", USUAL_TIER, "scale", "flex", "priority", "fast")  # a tier that is none of them may cost many times as much


def calculate_cost(model: str, usage: Usage, at: datetime, tier: str = "") -> Decimal | None:
    """Return what a response costs, in US dollars; None if the price is not known. Blocks for the import at first use.

    `tier`: OpenAI's service tier, empty for the usual one.
    """
    import genai_prices

    if tier not in TIERS or usage.audio_tokens:
        return None
    tokens = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.input_tokens),
        output_tokens=usage.output_tokens,
    )
    context = {"service_tier": tier} if tier else None
    try:
        price = genai_prices.calc_price(tokens, model, provider_id=PROVIDER, genai_request_timestamp=at, price_context=context)
    except (LookupError, ValueError):
        return None
    return Decimal(price.total_price)


def find_context_window(model: str) -> int | None:
    """Return the most tokens that a model takes at once; None if that is not known. Blocks for the import at first use."""
    import genai_prices

    try:
        return genai_prices.calc_price(genai_prices.Usage(), model, provider_id=PROVIDER).model.context_window
    except (LookupError, ValueError):
        return None

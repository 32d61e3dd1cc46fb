"""Prices of OpenAI's models."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from server.integrations.conversations.adapter.prices import calculate_cost, find_context_window
from server.integrations.conversations.adapter.protocol import Usage

NOW = datetime(2026, 11, 20, tzinfo=UTC)
USAGE = Usage(input_tokens=1000, cached_tokens=200, output_tokens=100)


def test_cost_is_an_exact_decimal():
    cost = calculate_cost("gpt-5", USAGE, NOW)
    assert isinstance(cost, Decimal)
    assert cost == Decimal("0.002025")
    assert calculate_cost("gpt-4o-mini-2024-07-18", Usage(input_tokens=1000), NOW) == Decimal("0.00015")


@pytest.mark.parametrize("model", ["gpt-99", "", "ft:gpt-4o:a:b:c", "llama3:8b", "x" * 10_000])
def test_unknown_price_is_none(model):
    assert calculate_cost(model, USAGE, NOW) is None


def test_more_cached_tokens_than_there_are_is_no_failure():
    assert calculate_cost("gpt-5", Usage(input_tokens=1, cached_tokens=5), NOW) is not None


def test_cost_of_sound_is_unknown():
    """Prices of its tokens are not known for all models."""
    assert calculate_cost("gpt-audio", USAGE.model_copy(update={"audio_tokens": 1}), NOW) is None


def test_service_tier_has_its_own_price():
    priority, usual = (calculate_cost("gpt-5.6-sol", USAGE, NOW, tier) for tier in ("priority", ""))
    assert priority == 2 * usual
    assert calculate_cost("gpt-5.6-sol", USAGE, NOW, "default") == usual


@pytest.mark.parametrize("tier", ["ultrafast", "Priority", "['priority']"])
def test_price_of_an_unknown_tier_is_unknown(tier):
    assert calculate_cost("gpt-5.6-sol", USAGE, NOW, tier) is None


def test_context_window_is_known_or_none():
    assert find_context_window("gpt-5") == 400_000
    assert find_context_window("gpt-99") is None

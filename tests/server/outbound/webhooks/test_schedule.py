from datetime import UTC, datetime, timedelta

import pytest

from server.outbound.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, WebhookSettings
from server.outbound.webhooks.schedule import decide

NOW = datetime(2026, 1, 10, tzinfo=UTC)
SETTINGS = WebhookSettings.model_validate({})


def endpoint(failures: int = 0, kind: str = "person") -> Endpoint:
    return Endpoint("whe_1", kind, "https://example.com/", "n8n", (), "enabled", "", "", None, "", failures, None)


def delivery(attempts: int = 0, first: datetime | None = None) -> Delivery:
    return Delivery(1, "whe_1", "msg_1", "x", "{}", 0, "waiting", "", first.isoformat() if first else None, None, attempts)


def failed(status: int | None = 500, **more: object) -> Attempt:
    return Attempt(NOW, status=status, error="no", **more)


def test_delays_grow_to_three_days_in_all_and_are_spread():
    delays = []
    for failures in range(9):
        outcomes = [decide(failed(), delivery(failures), endpoint(failures), SETTINGS) for _ in range(50)]
        assert all(outcome.state == DeliveryState.waiting and outcome.failures == failures + 1 for outcome in outcomes)
        seconds = {(outcome.next_attempt_at - NOW).total_seconds() for outcome in outcomes}
        usual = SETTINGS.delays[failures]
        assert len(seconds) > 10 and usual * 0.8 <= min(seconds) <= max(seconds) <= usual * 1.2
        delays.append(usual)
    assert timedelta(days=3) < timedelta(seconds=sum(delays)) < timedelta(days=3.5)
    assert decide(failed(), delivery(9), endpoint(9), SETTINGS).state == DeliveryState.dead


def test_event_is_given_up_for_its_age_after_some_attempts_only():
    old = NOW - timedelta(hours=100)
    assert decide(failed(), delivery(2, old), endpoint(2), SETTINGS).state == DeliveryState.waiting
    assert decide(failed(), delivery(3, old), endpoint(3), SETTINGS).state == DeliveryState.dead
    assert decide(failed(), delivery(3, NOW), endpoint(3), SETTINGS).state == DeliveryState.waiting


@pytest.mark.parametrize(("status", "waits"), [(500, True), (None, True), (429, True), (408, True), (400, False), (422, False)])
def test_next_event_waits_unless_the_last_one_was_refused(status, waits):
    outcome = decide(failed(status), delivery(9), endpoint(9), SETTINGS)
    assert outcome.state == DeliveryState.dead and (outcome.next_attempt_at is not None) == waits


def test_events_behind_a_dead_letter_are_tried_rarely():
    outcome = decide(failed(None), delivery(0), endpoint(20), SETTINGS)
    assert outcome.next_attempt_at - NOW > timedelta(hours=19)


@pytest.mark.parametrize(("wait", "hours"), [(3600.0, 1), (10_000_000.0, 24)])
def test_retry_after_is_honoured_within_a_limit(wait, hours):
    outcome = decide(failed(429, retry_after=wait), delivery(), endpoint(), SETTINGS)
    assert outcome.next_attempt_at == NOW + timedelta(hours=hours)


def test_retry_after_shortens_no_delay():
    outcome = decide(failed(503, retry_after=0.0), delivery(), endpoint(5), SETTINGS)
    assert outcome.next_attempt_at > NOW + timedelta(hours=7)


def test_success_ends_the_failures():
    outcome = decide(Attempt(NOW, status=200), delivery(5), endpoint(5), SETTINGS)
    assert (outcome.state, outcome.failures, outcome.next_attempt_at) == (DeliveryState.delivered, 0, None)


def test_gone_receiver_is_disabled_and_its_event_waits():
    outcome = decide(failed(410), delivery(), endpoint(), SETTINGS)
    assert outcome.disabled and outcome.state == DeliveryState.waiting


def test_gone_receiver_of_a_request_costs_its_event_only():
    outcome = decide(failed(410), delivery(), endpoint(kind="request"), SETTINGS)
    assert not outcome.disabled and outcome.state == DeliveryState.dead


def test_own_mistake_costs_no_event():
    outcome = decide(failed(None, is_ours=True), delivery(50, NOW - timedelta(days=30)), endpoint(3), SETTINGS)
    assert (outcome.state, outcome.failures) == (DeliveryState.waiting, 3)
    assert decide(failed(None, is_ours=True), delivery(), endpoint(), SETTINGS).failures == 1, "it does not work"

"""Decision after an attempt: delivered, tried again later, or given up."""

import random
from datetime import datetime, timedelta

from server.outbound.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, Outcome, WebhookSettings

JITTER = 0.2
LEAST_ATTEMPTS = 4  # before an event is given up for its age: this computer may have been asleep meanwhile
GONE = "The receiver answered 410: it no longer exists."
GONE_STATUS = 410
NOT_REFUSALS = {408, 421, 425, 429}  # client errors that say nothing about the event


def decide(attempt: Attempt, delivery: Delivery, endpoint: Endpoint, settings: WebhookSettings) -> Outcome:
    """Decide about a delivery and its receiver. `delivery.attempts` does not count this attempt yet.

    The delay grows with the failures of the receiver, not of the event: the events behind it wait for it anyway.
    """
    if not attempt.error:
        return Outcome(DeliveryState.delivered)
    if attempt.is_ours:
        delay = settings.delays[min(1, len(settings.delays) - 1)]
        return Outcome(DeliveryState.waiting, max(1, endpoint.failures), attempt.at + timedelta(seconds=spread(delay)))
    failures = endpoint.failures + 1
    if attempt.status == GONE_STATUS and endpoint.kind == "person":
        return Outcome(DeliveryState.waiting, failures, None, GONE)
    delay = spread(settings.delays[min(failures, len(settings.delays)) - 1])
    if attempt.retry_after is not None:
        delay = max(delay, min(attempt.retry_after, settings.longest_retry_after_hours * 3600))
    following = attempt.at + timedelta(seconds=delay)
    if attempt.status != GONE_STATUS and not is_given_up(attempt, delivery, settings):
        return Outcome(DeliveryState.waiting, failures, following)
    return Outcome(DeliveryState.dead, failures, None if is_refusal(attempt) else following)


def is_given_up(attempt: Attempt, delivery: Delivery, settings: WebhookSettings) -> bool:
    """Return whether this was the last attempt of an event."""
    number = delivery.attempts + 1
    first = datetime.fromisoformat(delivery.first_attempt_at) if delivery.first_attempt_at else attempt.at
    is_old = attempt.at - first >= timedelta(hours=settings.give_up_hours)
    return number > len(settings.delays) or (is_old and number >= LEAST_ATTEMPTS)


def is_refusal(attempt: Attempt) -> bool:
    """Return whether a receiver that works has refused the event itself, so that the next one need not wait."""
    return attempt.status is not None and 400 <= attempt.status < 500 and attempt.status not in NOT_REFUSALS


def spread(seconds: float) -> float:
    """Spread a delay, so that receivers are not all tried at once."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311, not for secrecy

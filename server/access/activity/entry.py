"""Record of a call in the activity: without secrets, and limited in size."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from server.core.redaction import redact_start
from server.sdk.operation import Effect

SECRET_NAMES = ("password", "secret", "token", "authorization", "api_key", "apikey")
LONGEST_TEXT = 2_000  # characters of each argument that are stored


class Outcome(StrEnum):
    """Outcome of a call."""

    waiting = "waiting"  #: it waits for the person's word
    running = "running"  #: it has been started and has not answered yet
    done = "done"  #: it ran and answered
    failed = "failed"  #: it did not succeed
    refused = "refused"  #: it was not permitted, so it was not started
    repeated = "repeated"  #: the same call had been made; its answer was given again
    uncertain = "uncertain"  #: Deskhand stopped, or the answer was lost, so the outcome is unknown; never repeated automatically


@dataclass(frozen=True)
class Entry:
    """A call in the activity.

    `at`: ISO 8601, UTC. `arguments`, `effect`, `result`: JSON texts, stored for some days only.
    """

    at: str
    client_id: str | None
    client_name: str
    operation: str
    sentence: str
    changes: bool
    decision: str
    reason: str
    outcome: Outcome
    status: int | None = None
    duration_ms: int | None = None
    arguments: str | None = None
    effect: str | None = None
    result: str | None = None
    id: int = 0


def redact(value: Any, name: str = "") -> Any:
    """Remove secrets from arguments, and cut long texts."""
    if isinstance(value, Mapping):
        return {str(key): redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner, name) for inner in value]
    if value is not None and any(secret in name.lower() for secret in SECRET_NAMES):
        return "•••"
    return redact_start(value, LONGEST_TEXT) if isinstance(value, str) else value


def effect_text(effect: Effect | None) -> str | None:
    """Effect as JSON for the activity."""
    if effect is None:
        return None
    fields = [[name, redact_field(name, value)] for name, value in effect.fields]
    return json.dumps({"sentence": effect.sentence, "fields": fields}, ensure_ascii=False)


def redact_field(name: str, text: str) -> Any:
    """Remove secrets from a field of an Effect: it may have an argument of a tool by its name, an object as JSON."""
    with suppress(ValueError, RecursionError):
        if text.startswith(("{", "[")):
            text = json.dumps(redact(json.loads(text)), ensure_ascii=False)
    return redact(text, name)

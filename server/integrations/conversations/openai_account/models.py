"""Models of OpenAI: which there are, which are shut down when, and which one is meant."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Any

from server.core.errors import InvalidInput
from server.core.invisible import show_line
from server.integrations.conversations.adapter.protocol import Model

NO_CHAT = re.compile(
    r"embed|whisper|tts|dall-e|image|audio|realtime|transcribe|moderation|sora|babbage|davinci|search|computer-use|instruct"
)
SMALL = re.compile(r"-(mini|nano|pro|codex|chat)\b")
DATED = re.compile(r"-\d{4}(-\d{2}-\d{2})?$")
VERSION = re.compile(r"(\d+(?:\.\d+)?)")
SOON = timedelta(days=90)
MOST_NAMED = 6
MOST_NEAR = 3
NO_TARGET = "OpenAI has no model “{name}”, or no longer, so an alias cannot stand for it. Use {others}."
MISSING = "OpenAI has no model “{name}”, or no longer. {others}set an alias for it in Deskhand's window, under Conversations."


def is_for_chat(model: Model) -> bool:
    """Return whether a model writes text."""
    return not NO_CHAT.search(model.id)


def read_date(text: str) -> date | None:
    """Read a shutdown date; None if there is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def warn(model: Model, today: date) -> str | None:
    """Warn of a model that is shut down, or will be."""
    end = read_date(model.shutdown_date)
    if end is None:
        return None
    return f"Shut down on {end}." if end <= today else f"Will be shut down on {end}."


def rank(model: Model) -> tuple[bool, float, bool, bool, str]:
    """Return the key by which newer and general models come later."""
    version = VERSION.search(model.id)
    number = float(version[1]) if version else 0.0
    return model.id.startswith("gpt-"), number, not SMALL.search(model.id), not DATED.search(model.id), model.id


def list_current(models: Iterable[Model], today: date) -> list[Model]:
    """List the models for chats that stay for some time, newest first."""
    ends = [(model, read_date(model.shutdown_date)) for model in models if is_for_chat(model)]
    return sorted((model for model, end in ends if end is None or end > today + SOON), key=rank, reverse=True)


def pick_default(models: Sequence[Model], today: date) -> str:
    """Pick the model of conversations that name none; empty if there is none."""
    current = list_current(models, today) or [model for model in models if is_for_chat(model)]
    return current[0].id if current else ""


def describe_missing(name: str, models: Sequence[Model], today: date) -> InvalidInput:
    """Make the refusal of a model that is not there."""
    names = [model.id for model in list_current(models, today)][:MOST_NAMED]
    others = f"Use {', '.join(names)}, or " if names else "Choose another one, or "
    fields: dict[str, Any] = {"code": "model_not_found", "param": "model", "kind": "invalid_request_error"}
    return InvalidInput(MISSING.format(name=show_line(name[:100]), others=others), models=names, **fields)


def check_target(target: str, models: Sequence[Model], today: date) -> None:
    """Check the model that an alias stands for. Raises InvalidInput, which names those with a similar name, and current ones."""
    known = [model.id for model in models if is_for_chat(model)]
    if not known or any(model.id == target for model in models):
        return
    current = [model.id for model in list_current(models, today)] or known
    names = list(dict.fromkeys([*get_close_matches(target, known, MOST_NEAR), *current]))[:MOST_NAMED]
    others = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    raise InvalidInput(NO_TARGET.format(name=show_line(target[:100]), others=others), models=names, param="model")

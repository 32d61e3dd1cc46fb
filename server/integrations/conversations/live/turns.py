"""Messages as OpenAI takes them, and their size."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

from server.core.invisible import remove_hidden
from server.integrations.conversations.adapter.protocol import Turn
from server.integrations.conversations.live.image_tokens import count_image_tokens
from server.integrations.conversations.live.models import PathMessage
from server.integrations.conversations.models import Role

BYTES_PER_TOKEN = 3  # of usual text; a table of short numbers has one
TOKENS_PER_TURN = 8
TURN_ROLES = {Role.user: "user", Role.assistant: "assistant", Role.system: "system", Role.tool: "assistant"}
LONGEST_TITLE = 60
STEPS = (1, 2, 5)


def make_turns(path: Iterable[PathMessage], images: dict[str, str]) -> tuple[Turn, ...]:
    """Make the turns of a path. `images`: the data: addresses of attached pictures, by their ids."""
    return tuple(
        Turn(
            role=TURN_ROLES[message.role],
            text=remove_hidden(message.text),
            images=tuple(images[attachment.id] for attachment in message.attachments if attachment.id in images),
        )
        for message in path
    )


def estimate_tokens(turns: Sequence[Turn], instructions: str, model: str) -> int:
    """Estimate the tokens of an input for a model. Blocks, for images."""
    return count_tokens(turns, instructions, model, BYTES_PER_TOKEN)


def bound_tokens(turns: Sequence[Turn], instructions: str, model: str) -> int:
    """Count the tokens of an input for a model at most: none is less than a byte. Blocks, for images."""
    return count_tokens(turns, instructions, model, 1)


def count_tokens(turns: Sequence[Turn], instructions: str, model: str, bytes_per_token: int) -> int:
    """Count the tokens of an input, of so many bytes each."""
    texts = sum(len(turn.text.encode()) for turn in turns) + len(instructions.encode())
    images = sum(count_image_tokens(model, url) for turn in turns for url in turn.images)
    return texts // bytes_per_token + TOKENS_PER_TURN * (len(turns) + 1) + images


def round_up(number: int) -> int:
    """Round a number up to the next 1, 2 or 5 of its order, so that what is shown for approval seldom changes by a message."""
    order: int = 10 ** max(len(str(number)) - 1, 0)
    return next(step * order for step in (*STEPS, 10) if step * order >= number)


def make_title(text: str) -> str:
    """Make a title of the first message: its beginning, to the end of a word."""
    line = re.sub(r"\s+", " ", remove_hidden(text.lstrip()[: 10 * LONGEST_TITLE])).strip(" #*>`-")
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[:LONGEST_TITLE]
    return (cut.rpartition(" ")[0] if " " in cut[LONGEST_TITLE // 2 :] else cut).rstrip(" ,;:.-") + "…"


def digest_turns(turns: Iterable[Turn]) -> list[str]:
    """Return the digest of each beginning of a list of turns: of the first one, of the first two, and so on."""
    running, digests = hashlib.sha256(), []
    for turn in turns:
        running.update(json.dumps([turn.role, turn.text, turn.images]).encode())
        digests.append(running.hexdigest())
    return digests

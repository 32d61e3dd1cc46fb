"""Behaviour of the fake page: its layout, its language, its pace, and what happens to the next messages."""

from collections import deque
from dataclasses import dataclass, field, fields, replace
from typing import Any

OUTCOMES = ("two_answers", "continue_generating", "limit", "error", "challenge", "stopped_thinking", "lost_answer")
SHORTEST_LAG, LONGEST_LAG = 11, 1069  # milliseconds, as measured: github.com/teddashh/multi-ai-chat/issues/14


@dataclass(frozen=True)
class Behaviour:
    """Settings of the page. `lag_ms`: between the stop button's end and the last text; None: random, as ChatGPT's.

    `missing`: parts whose ids, classes and labels are not the known ones. `signed_in`: "yes", "landing" or "expired".
    `paste_limit`: characters after which pasted text is cut. `limit_until`: Unix time until which nothing is accepted.
    """

    layout: str = "2026"
    language: str = "en"
    missing: tuple[str, ...] = ()
    signed_in: str = "yes"
    challenge: bool = False
    modes: tuple[str, ...] = ("auto", "instant", "thinking")
    efforts: tuple[str, ...] = ("standard", "extended")
    covered_pill: bool = False  # the first press only draws it anew
    piece_ms: int = 5
    piece_size: int = 24
    thinking_ms: int = 0
    lag_ms: int | None = None
    title_ms: int = 0
    load_ms: int = 0  # until the messages of a chat are there
    upload_ms: int = 0  # until a file is uploaded
    upload_refused: bool = False
    script_ms: int = 0  # until the page's script is there
    interim_url: bool = True
    drafts: bool = True
    early_copy: bool = False  # the copy button is there before the last text
    paste_limit: int = 0
    limit_until: float = 0
    limit_text: str = "clock"  # or "duration"
    history_calls: int = 0  # after which the history answers 429; 0: never


def change(behaviour: Behaviour, values: dict[str, Any]) -> Behaviour:
    """Change some settings. Raises ValueError for an unknown one."""
    names = {part.name for part in fields(Behaviour)}
    if unknown := values.keys() - names:
        raise ValueError(f"There is no {', '.join(sorted(unknown))}.")
    changes: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return replace(behaviour, **changes)


@dataclass
class Outcome:
    """An ordered outcome of messages that contain `match`. `seconds`: until a limit's reset."""

    kind: str
    match: str = ""
    times: int = 1
    seconds: float = 3600


@dataclass
class Outcomes:
    """Ordered outcomes, first come first served."""

    ordered: deque[Outcome] = field(default_factory=deque)

    def order(self, outcome: Outcome) -> None:
        """Order an outcome. Raises ValueError if there is no such."""
        if outcome.kind not in OUTCOMES:
            raise ValueError(f"There is no outcome {outcome.kind}.")
        self.ordered.append(outcome)

    def take(self, message: str) -> Outcome | None:
        """Take the outcome for this message; None: the usual one."""
        for outcome in self.ordered:
            if outcome.match in message:
                outcome.times -= 1
                if outcome.times <= 0:
                    self.ordered.remove(outcome)
                return outcome
        return None

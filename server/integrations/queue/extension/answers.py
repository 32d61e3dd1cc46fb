"""Answers that arrive in pieces: their text so far, within limits."""

from dataclasses import dataclass, field

from server.core.errors import InvalidInput

LONGEST_ANSWER = 4 * 1024 * 1024  # characters
MOST_PARTS = 4_096


@dataclass
class PartialAnswer:
    """The pieces of one answer. Progress may be sent again from any offset; parts arrive in order and are the final text."""

    progress: str = ""
    parts: list[str] = field(default_factory=list)
    complete: bool = False
    size: int = 0

    def write(self, offset: int, text: str) -> str:
        """Write a piece at an offset, which replaces what was behind it. Returns the whole text. Raises InvalidInput."""
        if offset > len(self.progress):
            raise InvalidInput(f"The text before {offset} is missing. Send it from {len(self.progress)}.")
        if offset + len(text) > LONGEST_ANSWER:
            raise InvalidInput(f"An answer has at most {LONGEST_ANSWER:,} characters.")
        self.progress = self.progress[:offset] + text
        return self.progress

    def add_part(self, index: int, text: str, *, last: bool) -> None:
        """Add a part of the final text; index 0 begins it anew. Raises InvalidInput."""
        if index == 0:
            self.parts, self.complete, self.size = [], False, 0
        if index != len(self.parts) or self.complete:
            raise InvalidInput(f"The part {index} is out of order. Send the answer again from part 0.")
        if self.size + len(text) > LONGEST_ANSWER or index >= MOST_PARTS:
            raise InvalidInput(f"An answer has at most {LONGEST_ANSWER:,} characters, in {MOST_PARTS:,} parts.")
        self.parts.append(text)
        self.size += len(text)
        self.complete = last

    def finish(self, response: str | None) -> str:
        """Return the final text: that of the message, or of the parts before it. Raises InvalidInput if parts are missing."""
        if response or not self.parts:
            return response or ""
        if not self.complete:
            raise InvalidInput("The last part of this answer is missing. Send the answer again from part 0.")
        return "".join(self.parts)

"""The labels of a fake Gmail mailbox."""

import itertools
import re
from dataclasses import dataclass, field

from server.integrations.gmail.fake.google import GoogleError, JsonObject

HIDDEN = ("UNREAD", "IMPORTANT", "STARRED", "CHAT")
CATEGORIES = ("CATEGORY_PERSONAL", "CATEGORY_SOCIAL", "CATEGORY_PROMOTIONS", "CATEGORY_UPDATES", "CATEGORY_FORUMS")
SYSTEM = ("INBOX", "SENT", "DRAFT", "TRASH", "SPAM", *HIDDEN, *CATEGORIES)
UNTOUCHABLE = frozenset({"SENT", "DRAFT", "CHAT"})  # nobody but Gmail itself adds or removes these


@dataclass
class Labels:
    """The labels that a person made, by id, next to those that every mailbox has."""

    made: dict[str, JsonObject] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def describe_all(self) -> list[JsonObject]:
        """Answer every label, without counts."""
        return [self.describe(label_id) for label_id in (*SYSTEM, *self.made)]

    def describe(self, label_id: str) -> JsonObject:
        """Answer one label, without counts."""
        if label_id in self.made:
            return dict(self.made[label_id])
        if label_id not in SYSTEM:
            raise GoogleError(404)
        shown: JsonObject = {"id": label_id, "name": label_id, "type": "system"}
        if label_id in CATEGORIES or label_id in {"CHAT", "TRASH", "SPAM"}:
            shown |= {"messageListVisibility": "hide", "labelListVisibility": "labelHide"}
        return shown

    def create(self, name: str) -> str:
        """Make a label, and return its id."""
        label_id = f"Label_{next(self._numbers)}"
        shown = {"messageListVisibility": "show", "labelListVisibility": "labelShow"}
        self.made[label_id] = {"id": label_id, "type": "user", "name": name} | shown
        return label_id

    def check_ids(self, label_ids: set[str]) -> None:
        """Refuse ids that no mail could be given."""
        for label_id in sorted(label_ids):
            if label_id in UNTOUCHABLE or (label_id not in SYSTEM and label_id not in self.made):
                raise GoogleError(400, f"Invalid label: {label_id}")

    def named(self, name: str) -> str:
        """Answer the id of the label that goes by this id or name, making it where there is none."""
        if name in SYSTEM:
            return name
        return self.matching(name) or self.create(name)

    def matching(self, name: str) -> str:
        """Answer the id of the label that the search words `label:` and `in:` mean by this; empty without one."""
        plain = _plain(name)
        labels = [(label_id, str(label["name"])) for label_id, label in self.made.items()]
        return next((label_id for label_id, named in labels if plain in {_plain(named), _plain(label_id)}), "")


def _plain(name: str) -> str:
    return re.sub(r"[\s/&]+", "-", name.strip().casefold())

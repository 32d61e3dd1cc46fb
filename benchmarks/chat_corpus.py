"""A made-up archive of conversations for the benchmark of search: texts of words by Zipf's law in several languages."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from sqlalchemy import Connection, insert

from server.integrations.conversations.store import search_index, tables
from server.integrations.conversations.store.message_keys import allocate_keys
from server.integrations.conversations.store.search_index import MessageEntry, TitleEntry
from server.storage.sqlite import connect, writing_engine

FIRST_TIME, LAST_TIME = 1_670_000_000, 1_795_000_000
MESSAGES_EACH = 10  # of a conversation
CONVERSATIONS_AT_ONCE = 500
VOCABULARY = 40_000  # words of a language
PROJECTS = 40
STARTS = [*"bcdfghjklmnprstvwz", "br", "ch", "cl", "dr", "fl", "gr", "pl", "pr", "sh", "st", "th", "tr"]
LATIN = (STARTS, [*"aeiou", "ai", "ea", "ie", "ou"])
GERMAN = (STARTS, [*"aeiouäöü", "ei", "ie", "au"])
FRENCH = (STARTS, [*"aeiouéèê", "ou", "oi", "ai"])
VOWELS = (0x430, 0x435, 0x438, 0x43E, 0x443, 0x44B, 0x44E, 0x44F)
RUSSIAN = ([chr(code) for code in range(0x430, 0x44A) if code not in VOWELS], [chr(code) for code in VOWELS])
HINDI = ([*"कखगचजटडतदनपबमरलवसह"], ["", "ा", "ि", "ी", "ु", "े", "ो"])
CHINESE = ([chr(0x4E00 + place * 5) for place in range(3_500)], [""])
JAPANESE = ([chr(0x3042 + place) for place in range(70)] + [chr(0x4E00 + place * 9) for place in range(1_500)], [""])
SHARES = {"en": 50, "de": 12, "fr": 8, "ru": 8, "hi": 4, "zh": 12, "ja": 6}
SYLLABLES = {"en": LATIN, "de": GERMAN, "fr": FRENCH, "ru": RUSSIAN, "hi": HINDI, "zh": CHINESE, "ja": JAPANESE}
UNSPACED = {"zh", "ja"}


@dataclass
class Language:
    """The words of a language, the most frequent first."""

    name: str
    chance: random.Random
    words: list[str] = field(init=False)
    weights: list[float] = field(init=False)

    def __post_init__(self) -> None:
        starts, ends = SYLLABLES[self.name]
        most = 2 if self.name in UNSPACED else 4
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            length = min(most, 1 + int(len(words) ** 0.5) // 60 + self.chance.randrange(2))
            words["".join(self.chance.choice(starts) + self.chance.choice(ends) for _ in range(length))] = None
        self.words = list(words)
        self.weights = list(accumulate(1 / (rank + 2.7) ** 1.07 for rank in range(VOCABULARY)))

    def write(self, count: int) -> str:
        """Write a text of so many words."""
        words = self.chance.choices(self.words, cum_weights=self.weights, k=count)
        if self.chance.random() < 0.3:
            identifier = f"{self.chance.choice('abcdefghxyz')}{self.chance.randrange(10**7)}"
            words[self.chance.randrange(count)] = identifier
        if self.name in UNSPACED:
            return "。".join("".join(words[start : start + 12]) for start in range(0, count, 12))
        return ". ".join(" ".join(words[start : start + 12]) for start in range(0, count, 12))


@dataclass(frozen=True)
class Turn:
    """A message of the corpus."""

    time: float
    role: str
    text: str


def write_conversations(count: int, languages: list[Language], chance: random.Random) -> Iterator[tuple[str, str, list[Turn]]]:
    """Write conversations in the order of time: project, title and messages."""
    for number in range(count):
        language = chance.choices(languages, weights=[SHARES[language.name] for language in languages])[0]
        time = FIRST_TIME + (LAST_TIME - FIRST_TIME) * number / count
        turns = [
            Turn(time + place * 40, "user" if place % 2 == 0 else "assistant", language.write(length_of(place, chance)))
            for place in range(MESSAGES_EACH)
        ]
        project = f"g-p-{chance.randrange(PROJECTS)}" if chance.random() < 0.3 else ""
        yield project, language.write(chance.randint(2, 7)), turns


def length_of(place: int, chance: random.Random) -> int:
    """Choose the number of words of a question or of an answer."""
    return max(2, int(chance.lognormvariate(2.6, 0.9))) if place % 2 == 0 else max(5, int(chance.lognormvariate(4.3, 0.8)))


def build(path: Path, messages: int, seed: int = 1) -> None:
    """Build the database, once."""
    chance = random.Random(seed)
    languages = [Language(name, chance) for name in SHARES]
    engine = writing_engine(path, 5_000)
    with connect(engine) as connection:
        with connection.begin():
            tables.metadata.create_all(connection)
            for statement in search_index.DDL:
                connection.exec_driver_sql(statement)
            projects = [{"id": f"g-p-{number}", "name": f"Project {number}"} for number in range(PROJECTS)]
            connection.execute(insert(tables.project), projects)
        batch, key = [], 0
        for conversation in write_conversations(messages // MESSAGES_EACH, languages, chance):
            batch.append(conversation)
            if len(batch) == CONVERSATIONS_AT_ONCE:
                with connection.begin():
                    key = store(connection, batch, key)
                batch = []
        if batch:
            with connection.begin():
                store(connection, batch, key)
    engine.dispose()


def store(connection: Connection, batch: list[tuple[str, str, list[Turn]]], key: int) -> int:
    """Store conversations and their index; returns the last key."""
    conversations, titles, turns = [], [], []
    for project, title, messages in batch:
        key += 1
        times = {"created_at": messages[0].time, "updated_at": messages[-1].time}
        conversations.append({"key": key, "id": f"c{key}", "title": title, "project": project, "source": "chatgpt", **times})
        titles.append(TitleEntry(key, title, project, "chatgpt"))
        turns += [(key, project, place, turn) for place, turn in enumerate(messages)]
    keys = allocate_keys(connection, [int(turn.time) for *_, turn in turns])
    connection.execute(insert(tables.conversation), conversations)
    rows, entries = [], []
    for message_key, (conversation, project, place, turn) in sorted(zip(keys, turns, strict=True), key=lambda pair: pair[0]):
        row = {"key": message_key, "conversation": conversation, "id": f"m{place}", "parent": f"m{place - 1}" if place else ""}
        rows.append(row | {"role": turn.role, "kind": "text", "text": turn.text, "created_at": turn.time})
        entries.append(MessageEntry(message_key, turn.text, turn.role, project, "chatgpt"))
    connection.execute(insert(tables.message), rows)
    search_index.index_messages(connection, entries)
    search_index.index_titles(connection, titles)
    return key

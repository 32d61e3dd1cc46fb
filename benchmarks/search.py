"""Search in a made-up archive of 600,000 messages: each class of query, as the store answers it, with its snippets.

    python -m benchmarks.search --samples 200

The archive is made once (some minutes, 1 GB) in the folder given by --folder. Times are of a warm cache, in milliseconds, and of
the processor: what else runs on the computer does not count. A class whose p99 is above its goal is marked and makes the exit
code 1. "newest": the share of queries whose words are so common that only the newest matches are ranked.
"""

import argparse
import gc
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, QueuePool

from benchmarks.chat_corpus import PROJECTS, build
from server.integrations.conversations.search.query import parse_search
from server.integrations.conversations.store.search import cut_snippets, search
from server.storage.sqlite import connect, reading_engine

NOW = 1_795_000_000.0
MESSAGES = 600_000
PAGE = 20
GOAL, GOAL_OF_RARE = 50.0, 2.0
SAMPLED_TEXTS = 6_000
WORD = re.compile(r"[^\W\d_\u3000-\uffff]+")
CHINESE = re.compile("[\u4e00-\u9fff]{4,}")
IDENTIFIER = re.compile(r"\b[a-z]\d{4,7}\b")
RARE = {"rare identifier", "rare word"}
Make = Callable[[], str]
Item = TypeVar("Item")


class Vocabulary:
    """Words of the archive by how common they are, and parts of its texts."""

    def __init__(self, connection: Connection, chance: random.Random) -> None:
        self.connection, self.chance = connection, chance
        keys = "SELECT id FROM chat_message_index_docsize ORDER BY random() LIMIT ?"
        statement = f"SELECT text FROM chat_message WHERE key IN ({keys})"
        texts: list[str] = list(connection.exec_driver_sql(statement, (SAMPLED_TEXTS,)).scalars())
        titles: list[str] = list(connection.exec_driver_sql("SELECT title FROM chat_conversation LIMIT 600").scalars())
        counts = Counter(word for text in texts for word in set(WORD.findall(text.lower())))
        self.words = [word for word, _ in counts.most_common()]
        self.very_common, self.common, self.usual = self.words[:12], self.words[30:150], self.words[500:1_500]
        self.rare = [word for word in self.words if counts[word] == 1]
        self.identifiers = [found for text in texts for found in IDENTIFIER.findall(text)]
        self.texts = [text for text in texts if text.isascii() and text.count(" ") > 5]
        self.chinese = [run for text in texts for run in CHINESE.findall(text)]
        self.titles = [word for title in titles for word in title.split(" ") if word.isalpha()]

    def pick(self, words: list[Item]) -> Item:
        """Pick one."""
        return self.chance.choice(words)

    def rare_word(self) -> str:
        """Pick a word that is in 20 messages at most."""
        count = "SELECT count(*) FROM (SELECT rowid FROM chat_message_index WHERE chat_message_index MATCH ? LIMIT 21)"
        while True:
            word: str = self.pick(self.rare)
            if self.connection.exec_driver_sql(count, (f'"{word}"',)).scalar_one() <= 20:
                return word

    def phrase(self, count: int) -> str:
        """Pick neighbouring words of a text."""
        words = self.pick(self.texts).split(" ")
        start = self.chance.randrange(len(words) - count)
        return f'"{" ".join(words[start : start + count])}"'

    def characters(self, count: int) -> str:
        """Pick neighbouring characters of a Chinese text."""
        run: str = self.pick(self.chinese)
        start = self.chance.randrange(len(run) - count + 1)
        return run[start : start + count]

    def month(self) -> str:
        """Pick a month."""
        return f"date:{self.chance.randint(2023, 2025)}-{self.chance.randint(1, 12):02}"

    def project(self) -> str:
        """Pick a project."""
        return f'project:"Project {self.chance.randrange(PROJECTS)}"'

    def classes(self) -> dict[str, Make]:
        """Make the classes of queries."""
        pick, usual, common, very = self.pick, self.usual, self.common, self.very_common
        return {
            "rare identifier": lambda: pick(self.identifiers),
            "rare word": self.rare_word,
            "usual word": lambda: pick(usual),
            "common word": lambda: pick(common),
            "very common word": lambda: pick(very),
            "two usual words": lambda: f"{pick(usual)} {pick(usual)}",
            "two common words": lambda: f"{pick(common)} {pick(common)}",
            "two very common words": lambda: f"{pick(very)} {pick(very)}",
            "very common and rare": lambda: f"{pick(very)} {pick(self.rare)}",
            "five words": lambda: " ".join(pick(pick([very, common, common, usual])) for _ in range(5)),
            "phrase of two": lambda: self.phrase(2),
            "phrase of three": lambda: self.phrase(3),
            "phrase of very common words": lambda: f'"{pick(very)} {pick(very)} {pick(very)}"',
            "beginning of 1": lambda: f"{pick(self.words)[:1]}*",
            "beginning of 2": lambda: f"{pick(self.words)[:2]}*",
            "beginning of 3": lambda: f"{pick(self.words)[:3]}*",
            "beginning of 4": lambda: f"{pick(self.words)[:4]}*",
            "beginning and common": lambda: f"{pick(self.words)[:2]}* {pick(common)}",
            "beginning and rare": lambda: f"{pick(self.words)[:2]}* {pick(self.rare)}",
            "common, one excluded": lambda: f"{pick(common)} -{pick(very)}",
            "usual, one excluded": lambda: f"{pick(usual)} -{pick(common)}",
            "one excluded": lambda: f"-{pick(very)}",
            "beginning excluded": lambda: f"{pick(common)} -{pick(self.words)[:2]}*",
            "role and common": lambda: f"role:user {pick(common)}",
            "role and usual": lambda: f"role:assistant {pick(usual)}",
            "role": lambda: "role:user",
            "project and very common": lambda: f"{self.project()} {pick(very)}",
            "project and usual": lambda: f"{self.project()} {pick(usual)}",
            "project": self.project,
            "month and common": lambda: f"{self.month()} {pick(common)}",
            "year and usual": lambda: f"date:2024 {pick(usual)}",
            "month": self.month,
            "source and usual": lambda: f"source:chatgpt {pick(usual)}",
            "title": lambda: f"title:{pick(self.titles)}",
            "title and common": lambda: f"title:{pick(common)} {pick(common)}",
            "title and very common": lambda: f"title:{pick(very)} {pick(very)}",
            "one Chinese character": lambda: self.characters(1),
            "two Chinese characters": lambda: self.characters(2),
            "four Chinese characters": lambda: self.characters(4),
        }


def answer(connection: Connection, query: str) -> bool:
    """Answer a query as a page is. Returns whether only the newest matches were ranked."""
    parsed = parse_search(query, NOW)
    batch = search(connection, parsed.chats, None)
    best = sorted(batch.hits, key=lambda hit: -hit.score)[:PAGE]
    cut_snippets(connection, parsed.request, [hit for hit in best if hit.message_id])
    return batch.newest_only and batch.following is not None


def measure(connection: Connection, make: Make, samples: int) -> tuple[list[float], float]:
    """Measure queries of a class, each of them different. Returns the sorted times, and the share of newest only."""
    times, newest = [], 0
    for number in range(samples + 5):
        query = make()
        start = time.thread_time()
        is_newest = answer(connection, query)
        if number >= 5:
            times.append((time.thread_time() - start) * 1_000)
            newest += is_newest
    return sorted(times), newest / samples


@contextmanager
def opened(folder: Path, messages: int) -> Iterator[Connection]:
    """Open the archive, made if it is not there."""
    path = folder / f"search-{messages}.db"
    if not path.exists():
        print(f"Making {path} …", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        build(new, messages)
        new.rename(path)
    engine = reading_engine(path, 5_000, QueuePool)
    with connect(engine) as connection:
        for table in ("chat_message", "chat_message_index_data", "chat_title_index_data"):
            connection.exec_driver_sql(f"SELECT count(*), max(length(CAST(rowid AS TEXT))) FROM {table}").all()
        yield connection
    engine.dispose()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "deskhand-benchmarks")
    parser.add_argument("--only", default="", help="a part of the names of classes")
    options = parser.parse_args()
    missed = 0
    with opened(options.folder, options.messages) as connection:
        classes = Vocabulary(connection, random.Random(7)).classes()
        gc.collect()  # what the vocabulary leaves, or a query would
        print(f"{'query':30} {'p50':>8} {'p99':>8} {'max':>8}  newest")
        for name, make in classes.items():
            if options.only in name:
                times, newest = measure(connection, make, options.samples)
                p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
                is_missed = p99 > (GOAL_OF_RARE if name in RARE else GOAL)
                missed += is_missed
                mark = "  above its goal" if is_missed else ""
                print(f"{name:30} {statistics.median(times):8.2f} {p99:8.2f} {times[-1]:8.2f}  {newest:6.0%}{mark}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

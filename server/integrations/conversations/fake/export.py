"""A made-up ChatGPT history of two years, as the data export that a person downloads: shards, projects, memories and files.

It is the same for the same day. The conversations are in `talks.json`: each entry with each value of its `x`.
"""

import json
import random
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from server.integrations.conversations.fake.export_tree import ExportTree, JsonObject
from server.integrations.conversations.fake.pictures import draw

DAYS = 730
SHARD = 100  # conversations of a file
PROJECTS = {
    "kitchen": "Kitchen",
    "code": "Code",
    "travel": "Travel",
    "school": "School",
    "languages": "Languages",
    "work": "Work",
    "library": "Library move",
    "writing": "Writing",
}
MODELS = ((0.35, "gpt-4o"), (0.7, "gpt-5"), (1.0, "gpt-6-luna"))  # until which part of the two years
MEMORIES = ("Lives in a town with a library that moves in March.", "A sister is allergic to milk.", "Likes short answers.")
PROFILE = "My name is Alex. I help at the town library and like to cook."


def write_export(path: Path, now: datetime) -> int:
    """Write the export as a zip; return the number of conversations."""
    talks: list[JsonObject] = json.loads(files(__package__).joinpath("talks.json").read_text(encoding="utf-8"))
    trees = list(make_trees(talks, now))
    names = {name: f"{name}.png" for tree in trees for name in tree.files}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(0, len(trees), SHARD):
            shard = [tree.describe() for tree in trees[number : number + SHARD]]
            archive.writestr(f"conversations-{number // SHARD:03}.json", dump(shard))
        archive.writestr("projects.json", dump([{"id": make_project_id(key), "name": name} for key, name in PROJECTS.items()]))
        archive.writestr("memory.json", dump([{"content": text, "enabled": True} for text in MEMORIES]))
        archive.writestr("conversation_asset_file_names.json", dump({f"{name}.dat": value for name, value in names.items()}))
        archive.writestr("user.json", dump({"id": "user-demo", "email": "alex@example.com"}))
        for tree in trees:
            for name, seed in tree.files.items():
                archive.writestr(f"{name}.dat", draw(seed))
    return len(trees)


def dump(value: Any) -> str:
    """Write JSON as an export has it."""
    return json.dumps(value, ensure_ascii=False)


def make_project_id(key: str) -> str:
    """Make the id of a project."""
    return f"g-p-{uuid5(NAMESPACE_URL, key).hex}"


def make_trees(talks: list[JsonObject], now: datetime) -> Iterator[ExportTree]:
    """Make the conversations, the newest first, as an export has them."""
    chance = random.Random(2)  # noqa: S311, it has to be the same each time
    pairs = [(talk, value) for talk in talks for value in talk["x"]]
    chance.shuffle(pairs)
    for number, (talk, value) in enumerate(pairs):
        part = 1 - number / len(pairs)
        at = now - timedelta(days=DAYS * (1 - part), hours=chance.uniform(0, 20))
        tree = ExportTree(f"{talk['title']} {value}", at, talk.get("model") or pick_model(part))
        tree.title = talk["title"].replace("{x}", value)
        tree.project = make_project_id(talk["project"]) if talk.get("project") and chance.random() < 0.8 else ""
        tree.is_starred, tree.is_archived = chance.random() < 0.06, chance.random() < 0.04
        if chance.random() < 0.3:
            tree.add_profile(PROFILE)
        for turn in talk["turns"]:
            tree.add_turn(json.loads(json.dumps(turn).replace("{x}", json.dumps(value)[1:-1])), chance.uniform(10, 400))
        yield tree


def pick_model(part: float) -> str:
    """Pick the model of a time, given as a part of the two years."""
    return next(model for until, model in MODELS if part <= until)

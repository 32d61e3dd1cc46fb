"""Made-up exports of ChatGPT: of any size, with the oddities that real ones have, and hostile ones."""

import json
import random
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

START = 1_640_995_200.0  # 2022-01-01
YEARS = 4
DAY = 86_400.0
SYLLABLES = ["ka", "ro", "mi", "ten", "sol", "ba", "li", "dor", "ne", "ga", "phi", "tur", "we", "xo", "za", "quin"]
COMMON_WORDS = "the of and to in is that for it with as on be this are or an can you we not your from have will more"
COMMON = COMMON_WORDS.split()
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 56

Json = dict[str, Any]


def make_pool(rng: random.Random, size: int = 400_000) -> list[str]:
    """Make a long text, of which every message is a part: few words are common, most are rare."""
    rare = ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 5))) for _ in range(30_000)]
    return [rng.choice(COMMON) if rng.random() < 0.45 else rare[int(len(rare) * rng.random() ** 3)] for _ in range(size)]


def make_text(rng: random.Random, pool: list[str], length: int) -> str:
    """Take a part of the text, of about so many characters."""
    start, count = rng.randrange(len(pool) - 1_000), max(3, length // 6)
    return " ".join(pool[start : start + count]).capitalize() + "."


def node(key: str, parent: str | None, message: Json | None) -> Json:
    """Make a node without children, which `link` adds."""
    return {"id": key, "message": message, "parent": parent, "children": []}


def message(key: str, role: str, time: float | None, content: Json, **more: Any) -> Json:
    """Make a message as exports have it."""
    metadata = more.pop("metadata", {})
    usual = {"status": "finished_successfully", "end_turn": True, "weight": 1.0, "recipient": "all", "channel": None}
    author = {"role": role, "name": more.pop("name", None), "metadata": {}}
    return {
        "id": key,
        "author": author,
        "create_time": time,
        "update_time": None,
        "content": content,
        **usual,
        "metadata": metadata,
        **more,
    }


def text(*parts: Any) -> Json:
    """Make the content of a text."""
    return {"content_type": "text", "parts": list(parts)}


def link(mapping: Json) -> None:
    """Fill the lists of children."""
    for key, each in mapping.items():
        if each["parent"] in mapping:
            mapping[each["parent"]]["children"].append(key)


def conversation(key: str, mapping: Json, current: str | None, **more: Any) -> Json:
    """Make a conversation."""
    usual: Json = {
        "title": f"Talk {key}",
        "create_time": START,
        "update_time": START + 60,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": current,
        "plugin_ids": None,
        "conversation_id": key,
        "conversation_template_id": None,
        "gizmo_id": None,
        "is_archived": False,
        "safe_urls": [],
        "default_model_slug": "gpt-5",
        "id": key,
    }
    return {**usual, **more}


def thread(key: str, *turns: tuple[str, Json], **more: Any) -> Json:
    """Make a conversation without branches, of (role, content) or (role, message fields)."""
    mapping = {f"{key}-root": node(f"{key}-root", None, None)}
    parent = f"{key}-root"
    for number, (role, content) in enumerate(turns):
        name = f"{key}-{number}"
        mapping[name] = node(name, parent, message(name, role, START + number, content))
        parent = name
    link(mapping)
    return conversation(key, mapping, parent, **more)


def make_conversation(rng: random.Random, pool: list[str], number: int, *, total: int) -> Json:
    """Make a usual conversation: hidden nodes at the beginning, turns, now and then a second answer."""
    key = str(uuid.UUID(int=rng.getrandbits(128)))
    time = START + YEARS * 365 * DAY * number / max(total, 1)
    mapping = {"client-created-root": node("client-created-root", None, None)}
    hidden = {"is_visually_hidden_from_conversation": True}
    mapping[f"{number}-s"] = node(
        f"{number}-s", "client-created-root", message(f"{number}-s", "system", None, text(""), weight=0.0, metadata=hidden)
    )
    parent = f"{number}-s"
    for turn in range(rng.randint(2, 14)):
        user, answer = f"{number}-u{turn}", f"{number}-a{turn}"
        time += 40
        asking = {"request_id": str(number), "timestamp_": "absolute", "message_source": None, "serialization_metadata": {}}
        mapping[user] = node(user, parent, message(user, "user", time, text(make_text(rng, pool, 200)), metadata=asking))
        for branch in range(2 if rng.random() < 0.05 else 1):
            answer = f"{number}-a{turn}" + ("b" * branch)
            details = {"model_slug": "gpt-5", "finish_details": {"type": "stop"}, "is_complete": True, "citations": []}
            content = text(make_text(rng, pool, rng.randint(200, 2_000)))
            mapping[answer] = node(answer, user, message(answer, "assistant", time + 20 + branch, content, metadata=details))
        parent = answer
    link(mapping)
    title = make_text(rng, pool, 30).rstrip(".")
    more: Json = {"title": title, "create_time": time - 60, "update_time": time + 20}
    if rng.random() < 0.2:
        more["gizmo_id"] = f"g-p-{rng.randint(1, 9):032x}"
    return conversation(key, mapping, parent, **more)


def write_list(path: Path, items: Iterator[Json] | list[Json]) -> int:
    """Write a list as exports do, one item after the other; return its size."""
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        for number, item in enumerate(items):
            file.write((", " if number else "") + json.dumps(item))
        file.write("]")
    return path.stat().st_size


def write_export(folder: Path, megabytes: float, shards: int, *, odd: bool = False, seed: int = 7) -> int:
    """Write an export of about so many megabytes; return its usual conversations. `odd`: with all oddities in each shard."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    pool = make_pool(rng)
    average = 21_000  # bytes of a conversation
    total = max(shards, int(megabytes * 1_000_000 / average))
    number = 0
    for shard in range(shards):
        count = total * (shard + 1) // shards - total * shard // shards
        items = [make_conversation(rng, pool, number + each, total=total) for each in range(count)]
        number += count
        if odd:
            items += [odd_one(f"{name}-{shard}") for name, odd_one in ODDITIES.items()]
        write_list(folder / f"conversations-{shard:03d}.json", items)
        if odd:
            spoil(folder / f"conversations-{shard:03d}.json", shard)
    if odd:
        write_others(folder)
    return number


def spoil(path: Path, shard: int) -> None:
    """Give a shard what no JSON library likes: a byte order mark, NaN, bad bytes, half an emoji, an entry without an end."""
    data = path.read_bytes()
    data = data.replace(b'"title": "Talk nan', b'"x": NaN, "title": "Talk nan')
    data = data.replace(b'"title": "Talk bytes', b'"x": "\xff\xfe", "title": "Talk bytes')
    broken = b'{"title": "Broken %d", "create_time": 1, "mapping": {"a": "no end}}, ' % shard
    data = data.replace(b"[{", b"[" + broken + b"{", 1)
    path.write_bytes(b"\xef\xbb\xbf" + data if shard % 2 else data)


def write_others(folder: Path) -> None:
    """Write the other files of an export."""
    (folder / "file-Picture1234567890.dat").write_bytes(PNG)
    names = {"file-Picture1234567890.dat": "holiday/beach"}
    (folder / "conversation_asset_file_names.json").write_text(json.dumps(names))
    (folder / "dalle-generations").mkdir(exist_ok=True)
    (folder / "dalle-generations" / "file-Drawing1234567890-0b6f.webp").write_bytes(b"RIFF\x00\x00\x00\x00WEBPVP8 ")
    (folder / "group_chats.json").write_text("[]")
    (folder / "shopping.json").write_text('{"orders": [1]}')
    (folder / "sora.json").write_text("[]")
    (folder / "conversations.json.index").write_text("{}")
    memories = {"memories": [{"content": "Likes tea", "enabled": True, "timestamps": {"created_at": "2025-05-05T10:00:00Z"}}]}
    (folder / "memory.json").write_text(json.dumps(memories))
    (folder / "user.json").write_text("{}")


def cyclic(key: str) -> Json:
    """Two messages that are each other's parent."""
    made = thread(key, ("user", text("round")), ("assistant", text("and round")))
    made["mapping"][f"{key}-0"]["parent"] = f"{key}-1"
    return made


def without_children(key: str) -> Json:
    """`children` empty everywhere, and a root with a name of its own."""
    made = thread(key, ("user", text("whose child")), ("assistant", text("yours")))
    for each in made["mapping"].values():
        each["children"] = []
    return made


def bare(key: str) -> Json:
    """Messages without metadata, content, author, status and weight."""
    made = thread(key, ("user", text("bare question")), ("assistant", text("bare answer")), ("assistant", text("gone")))
    for number, missing in enumerate((["metadata"], ["metadata", "author", "status", "weight"], ["content", "metadata"])):
        for name in missing:
            del made["mapping"][f"{key}-{number}"]["message"][name]
    return made


def dangling(key: str) -> Json:
    """A parent and a current node that do not exist."""
    made = thread(key, ("user", text("lost parent")), ("assistant", text("still here")), current_node="nowhere")
    made["mapping"][f"{key}-0"]["parent"] = "nowhere"
    return {**made, "current_node": "nowhere"}


def hostile(key: str) -> Json:
    """Wrong types wherever they fit."""
    made = thread(key, ("user", text("survivor", None, 5, {"x": 1})), ("assistant", {"content_type": 7, "parts": "text"}))
    made["mapping"]["n"] = None
    made["mapping"]["m"] = {"id": 3, "message": {"author": "me", "content": [1], "metadata": 5}, "parent": 9, "children": "x"}
    return {**made, "title": 5, "create_time": "yesterday", "update_time": 1e300, "current_node": []}


def voice(key: str) -> Json:
    """A conversation by voice."""
    spoken = {"content_type": "audio_transcription", "text": "spoken question", "direction": "in"}
    sound = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://file_00000000aaaa"}
    video = {
        "content_type": "real_time_user_audio_video_asset_pointer",
        "audio_asset_pointer": sound,
        "frames_asset_pointers": [],
    }
    parts = {"content_type": "multimodal_text", "parts": [spoken, video]}
    return thread(key, ("user", parts), ("assistant", text("spoken answer")), voice={"name": "cove"})


def picture(key: str) -> Json:
    """A picture alone, an attachment of 2026, and a drawing of 2024."""
    alone = {
        "content_type": "image_asset_pointer",
        "asset_pointer": "file-service://file-Picture1234567890",
        "width": 1,
        "height": 1,
    }
    drawn = {**alone, "asset_pointer": "file-service://file-Drawing1234567890"}
    return thread(
        key,
        ("user", {"content_type": "multimodal_text", "parts": [alone]}),
        ("tool", {"content_type": "multimodal_text", "parts": [drawn]}),
    )


def thinking(key: str) -> Json:
    """Thoughts, and a recap of them."""
    thoughts = [{"summary": "Weighing", "content": "pondering deeply", "chunks": [], "finished": True}]
    return thread(
        key,
        ("user", text("think")),
        ("assistant", {"content_type": "thoughts", "thoughts": thoughts, "source_analysis_msg_id": "x"}),
        ("assistant", {"content_type": "reasoning_recap", "content": "Thought for 3 seconds"}),
        ("assistant", text("thought")),
    )


def citing(key: str) -> Json:
    """Citations by references, and by marks alone."""
    made = thread(
        key,
        ("user", text("sources?")),
        ("assistant", text("Yes \ue200cite\ue202turn0search0\ue201 and \ue200cite\ue202turn0search3\ue201.")),
    )
    own = {"matched_text": "\ue200cite\ue202turn0search0\ue201", "type": "grouped_webpages"}
    items = [{"title": "First", "url": "https://example.org/1"}]
    results = [
        {"title": "Third", "url": "https://example.org/3", "ref_id": {"turn_index": 0, "ref_type": "search", "ref_index": 3}}
    ]
    metadata = {"content_references": [{**own, "items": items}], "search_result_groups": [{"entries": results}]}
    made["mapping"][f"{key}-1"]["message"]["metadata"] = metadata
    return made


def canvas(key: str) -> Json:
    """A document of the canvas, a program and its output."""
    document = json.dumps({"name": "Plan", "type": "document", "content": "canvas content"})
    made = thread(
        key,
        ("user", text("write")),
        ("assistant", {"content_type": "text", "parts": [document]}),
        ("assistant", {"content_type": "code", "language": "python", "text": "print(1)"}),
        ("tool", {"content_type": "execution_output", "text": "1"}),
        ("tool", {"content_type": "tether_quote", "url": "https://example.org", "title": "Quoted", "text": "said so"}),
        ("tool", {"content_type": "system_error", "name": "x", "text": "failed"}),
        ("assistant", text("[file](sandbox:/mnt/data/a.csv) is ready")),
    )
    made["mapping"][f"{key}-1"]["message"]["recipient"] = "canmore.create_textdoc"
    made["mapping"][f"{key}-2"]["message"]["recipient"] = "python"
    made["mapping"][f"{key}-3"]["message"]["author"]["name"] = "python"
    return made


def research(key: str) -> Json:
    """A report of deep research, in the state of a widget."""
    report = {"report_message": {"content": {"parts": ["# The report\n\nfindings"]}, "metadata": {}}}
    made = thread(key, ("user", text("research")), ("tool", text("hidden")))
    metadata = {"chatgpt_sdk": {"widget_state": json.dumps(report)}, "is_visually_hidden_from_conversation": True}
    made["mapping"][f"{key}-1"]["message"]["metadata"] = metadata
    return made


def profile(key: str) -> Json:
    """Custom instructions as a message of the person."""
    content = {"content_type": "user_editable_context", "user_profile": "I live in Berlin", "user_instructions": "Be brief"}
    return thread(key, ("user", content), ("user", text("hello")), ("assistant", text("hi")))


ODDITIES: dict[str, Callable[[str], Json]] = {
    "folder": lambda key: {"id": key, "title": "A folder", "create_time": START},
    "project": lambda key: {"id": f"g-p-{key}", "name": "Garden"},
    "empty": lambda key: conversation(key, {}, None),
    "childless": without_children,
    "untitled": lambda key: thread(key, ("user", text("no title")), title=None),
    "bare": bare,
    "profile": profile,
    "partless": lambda key: thread(
        key, ("user", {"content_type": "text"}), ("assistant", {"content_type": "text", "text": "only text"})
    ),
    "thinking": thinking,
    "voice": voice,
    "picture": picture,
    "cyclic": cyclic,
    "dangling": dangling,
    "citing": citing,
    "research": research,
    "canvas": canvas,
    "dated": lambda key: thread(key, ("user", text("iso")), create_time="2024-03-01T10:00:00Z", update_time="1709287200"),
    "surrogate": lambda key: thread(key, ("user", text("half an emoji \ud83d here"))),
    "nan": lambda key: thread(key, ("user", text("not a number"))),
    "bytes": lambda key: thread(key, ("user", text("bad bytes"))),
    "hostile": hostile,
    "deep": lambda key: {**thread(key, ("user", text("deep"))), "safe_urls": json.loads("[" * 900 + "]" * 900)},
    "huge": lambda key: {**thread(key, ("user", text("large numbers"))), "moderation_results": [10**30]},
}


def zip_folder(folder: Path, path: Path, *, inner: bool = False, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Zip a folder; `inner`: each of its files into a zip file of its own, and those into one."""
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as archive:
        for number, file in enumerate(sorted(folder.rglob("*"))):
            name = file.relative_to(folder).as_posix()
            if inner and file.is_file():
                part = path.with_name(f"part-{number}.zip")
                with zipfile.ZipFile(part, "w", method) as nested:
                    nested.write(file, name)
                archive.write(part, part.name)
                part.unlink()
            elif file.is_file():
                archive.write(file, name)
    return path

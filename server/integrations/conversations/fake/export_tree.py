"""One conversation of a data export: a tree of nodes, with the shapes that ChatGPT gives its messages."""

import json
import re
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

JsonObject = dict[str, Any]

MARK = re.compile(r"\[\[(\d)\]\]")
START, SEPARATOR, END = "\ue200", "\ue202", "\ue201"  # of a citation


class ExportTree:
    """A conversation that grows turn by turn. `files`: the names of its pictures, each with a seed."""

    def __init__(self, name: str, at: datetime, model: str) -> None:
        self.name, self.model = name, model
        self.id = str(uuid5(NAMESPACE_URL, f"conversation {name}"))
        self.title = self.project = ""
        self.is_starred = self.is_archived = False
        self.files: dict[str, int] = {}
        self._began = self._now = at.timestamp()
        self._mapping: JsonObject = {}
        self._leaf = ""
        self._leaf = self._add(None)

    def describe(self) -> JsonObject:
        """Return the conversation as an export has it."""
        return {
            "title": self.title,
            "create_time": self._began,
            "update_time": self._now,
            "mapping": self._mapping,
            "current_node": self._leaf,
            "conversation_id": self.id,
            "id": self.id,
            "default_model_slug": self.model,
            "gizmo_id": self.project or None,
            "conversation_template_id": self.project or None,
            "is_archived": self.is_archived,
            "is_starred": self.is_starred,
            "moderation_results": [],
        }

    def add_profile(self, text: str) -> None:
        """Add the custom instructions, which every conversation began with."""
        content = {"content_type": "user_editable_context", "user_profile": text, "user_instructions": "Be brief."}
        self._leaf = self._add(
            self._message("user", content, is_visually_hidden_from_conversation=True, is_user_system_message=True)
        )

    def add_turn(self, turn: JsonObject, seconds: float) -> None:
        """Add what an entry of `talks.json` says."""
        self._now += seconds
        adders: dict[str, Callable[[JsonObject], None]] = {
            "edit": self._add_edit,
            "again": self._add_again,
            "think": self._add_thoughts,
            "code": self._add_code,
            "cite": self._add_citations,
            "picture": self._add_picture,
            "photo": self._add_photo,
            "canvas": self._add_canvas,
            "voice": self._add_voice,
            "spoken": self._add_voice,
            "u": self._add_text,
            "a": self._add_text,
        }
        next(adder for name, adder in adders.items() if name in turn)(turn)

    def _add_text(self, turn: JsonObject) -> None:
        role = "user" if "u" in turn else "assistant"
        self._append(role, {"content_type": "text", "parts": [turn.get("u") or turn["a"]]})

    def _add_edit(self, turn: JsonObject) -> None:
        """Ask the last question in other words, on a branch of its own, which is then the current one."""
        question = self._find_last("user")
        self._leaf = self._mapping[question]["parent"]
        self._append("user", {"content_type": "text", "parts": [turn["edit"]]})
        self._append("assistant", {"content_type": "text", "parts": [turn["a"]]})

    def _add_again(self, turn: JsonObject) -> None:
        """Answer once more, beside the last answer."""
        self._leaf = self._mapping[self._find_last("assistant")]["parent"]
        self._append("assistant", {"content_type": "text", "parts": [turn["again"]]})

    def _add_thoughts(self, turn: JsonObject) -> None:
        summary, content = turn["think"]
        thought = {"summary": summary, "content": content, "chunks": [content], "finished": True}
        self._append("assistant", {"content_type": "thoughts", "thoughts": [thought], "source_analysis_msg_id": ""})
        self._append("assistant", {"content_type": "reasoning_recap", "content": "Thought for a few seconds"})

    def _add_code(self, turn: JsonObject) -> None:
        code = {"content_type": "code", "language": "python", "response_format_name": None, "text": turn["code"]}
        self._append("assistant", code, recipient="python")
        self._append("tool", {"content_type": "execution_output", "text": turn["out"]}, name="python")

    def _add_citations(self, turn: JsonObject) -> None:
        references = []

        def mark(match: re.Match[str]) -> str:
            title, url = turn["pages"][int(match[1])]
            text = f"{START}cite{SEPARATOR}turn0search{match[1]}{END}"
            items = [{"title": title, "url": url, "attribution": title, "supporting_websites": []}]
            references.append({"matched_text": text, "type": "grouped_webpages", "items": items, "alt": f"([{title}]({url}))"})
            return text

        text = MARK.sub(mark, turn["cite"])
        self._append("assistant", {"content_type": "code", "language": "unknown", "text": "search()"}, recipient="web")
        self._append("assistant", {"content_type": "text", "parts": [text]}, content_references=references)

    def _add_picture(self, turn: JsonObject) -> None:
        prompt = {"content_type": "text", "parts": [json.dumps({"prompt": turn["picture"]})]}
        self._append("assistant", prompt, recipient="t2uay3k.sj1i4kz")
        part = {**self._make_pointer(turn["picture"]), "metadata": {"dalle": {"prompt": turn["picture"], "gen_id": self.id[:8]}}}
        self._append("tool", {"content_type": "multimodal_text", "parts": [part]}, name="t2uay3k.sj1i4kz")

    def _add_photo(self, turn: JsonObject) -> None:
        pointer = self._make_pointer(turn["photo"])
        name = pointer["asset_pointer"].removeprefix("sediment://")
        attachment = {"id": name, "name": "photo.png", "mime_type": "image/png", "size": pointer["size_bytes"]}
        self._append("user", {"content_type": "multimodal_text", "parts": [pointer, turn["photo"]]}, attachments=[attachment])

    def _add_canvas(self, turn: JsonObject) -> None:
        name, kind, content = turn["canvas"]
        document = json.dumps({"name": name, "type": kind, "content": content}, ensure_ascii=False)
        self._append("assistant", {"content_type": "text", "parts": [document]}, recipient="canmore.create_textdoc")

    def _add_voice(self, turn: JsonObject) -> None:
        role, direction = ("user", "in") if "voice" in turn else ("assistant", "out")
        part = {"content_type": "audio_transcription", "text": turn.get("voice") or turn["spoken"], "direction": direction}
        self._append(role, {"content_type": "multimodal_text", "parts": [part]}, voice_mode_message=True)

    def _make_pointer(self, seed: str) -> JsonObject:
        name = f"file_{uuid5(NAMESPACE_URL, f'{self.id} {seed}').hex}"
        self.files[name] = zlib.crc32(seed.encode())
        size = {"size_bytes": 1024, "width": 48, "height": 48}
        return {"content_type": "image_asset_pointer", "asset_pointer": f"sediment://{name}", **size}

    def _append(self, role: str, content: JsonObject, *, name: str = "", recipient: str = "all", **metadata: Any) -> None:
        message = self._message(role, content, **metadata)
        message["author"]["name"], message["recipient"] = name or None, recipient
        self._leaf = self._add(message)
        self._now += 2

    def _message(self, role: str, content: JsonObject, **metadata: Any) -> JsonObject:
        models = {"model_slug": self.model} if role in {"assistant", "tool"} else {}
        return {
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": self._now,
            "update_time": None,
            "content": content,
            "status": "finished_successfully",
            "end_turn": role == "assistant",
            "weight": 1.0,
            "metadata": {**models, **metadata},
            "recipient": "all",
            "channel": None,
        }

    def _add(self, message: JsonObject | None) -> str:
        """Add a node below the current one; return its id."""
        node_id = str(uuid5(NAMESPACE_URL, f"{self.id} {len(self._mapping)}"))
        parent = self._leaf or None
        if parent:
            self._mapping[parent]["children"].append(node_id)
        content = {**message, "id": node_id} if message else None
        self._mapping[node_id] = {"id": node_id, "message": content, "parent": parent, "children": []}
        return node_id

    def _find_last(self, role: str) -> str:
        """Find the last node of a role above the current one."""
        node_id = self._leaf
        while self._mapping[node_id]["message"]["author"]["role"] != role:
            node_id = self._mapping[node_id]["parent"]
        return node_id

"""Building of the rows of a conversation from its tree."""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from server.integrations.conversations.history.asides import list_asides
from server.integrations.conversations.history.citations import collect_references
from server.integrations.conversations.history.content import Shown, read_message
from server.integrations.conversations.history.decode import Conversation, Message, Node, Unreadable, text_of, time_of
from server.integrations.conversations.history.pointers import clean_pointer
from server.integrations.conversations.history.records import (
    AssetRecord,
    ConversationRecord,
    MemoryRecord,
    MessageRecord,
    encoder,
)
from server.integrations.conversations.history.tree import find_current, find_parents, find_shown_parents, order, times_of
from server.integrations.conversations.store.message_times import fill_times
from server.storage.text_index import is_folded, to_indexed

LEVEL = 1  # of zlib: an export is compressed as fast as it is read
MOST_ADDED = 2  # times the size of a conversation, which its resolved citations may add to it
LATER_FIELDS = {"seconds", "indexed"}  # which digests that are stored do not have
OTHER_ROLES = {"user": "assistant"}
FindAsset = Callable[[str, str], AssetRecord]  # by id and name


def build(conversation: Conversation, data: bytes, find_asset: FindAsset) -> tuple[ConversationRecord | None, list[MemoryRecord]]:
    """Build the record of a conversation, None if no message is shown, and what is stored apart from it. Raises Unreadable."""
    mapping = conversation.mapping or {}
    if not conversation.key:
        raise Unreadable("It has no id.")
    if "/" in conversation.key or conversation.key in {".", ".."}:
        raise Unreadable("Its id cannot be part of an address, so that nobody could open it.")
    shown = read_all(mapping, MOST_ADDED * len(data))
    asides = [aside for node in mapping.values() if node and node.message for aside in list_asides(node.message)]
    if not shown:
        return None, asides
    parents = find_parents(mapping)
    times = times_of(mapping, shown)
    shown_parents = find_shown_parents(parents, shown)
    ordered = order({key: shown_parents[key] for key in shown}, times)
    assets = AssetList(find_asset)
    messages = list(make_messages(conversation, ordered, shown, shown_parents, times, assets))
    record = ConversationRecord(
        id=conversation.key,
        created_at=time_of(conversation.create_time),
        updated_at=time_of(conversation.update_time),
        gpt="" if conversation.project else conversation.template,
        model=text_of(conversation.default_model_slug),
        archived=conversation.is_archived is True,
        temporary=True in (conversation.is_temporary_chat, conversation.is_do_not_remember),
        current=find_current(conversation.current_node, parents, shown_parents, times),
        nodes=len(mapping),
        messages=messages,
        assets=list(assets.records.values()),
        **conversation.settings,
    )
    seconds = fill_times([message.created_at for message in messages], record.created_at or record.updated_at)
    indexed = {place: to_indexed(each.text) for place, each in enumerate(messages) if not is_folded(each.text)}
    made = {"digest": digest_of(record), "original": zlib.compress(data, LEVEL), "seconds": seconds, "indexed": indexed}
    return msgspec.structs.replace(record, **made), asides


def digest_of(record: ConversationRecord) -> str:
    """Compute the digest of a conversation, which is the same whether or not its files came along."""
    files = [AssetRecord(asset.id, "") for asset in record.assets]
    values = msgspec.structs.asdict(record) | {"assets": files, "messages": []}
    values = {"type": "ConversationRecord"} | {name: value for name, value in values.items() if name not in LATER_FIELDS}
    digest = hashlib.blake2b(encoder.encode(values), digest_size=16)
    for message in record.messages:
        digest.update(encoder.encode(message))
    return digest.hexdigest()


def read_all(mapping: Mapping[str, Node | None], left: int) -> dict[str, Shown]:
    """Read the messages that are shown. `left`: characters that their citations may add."""
    references = collect_references(mapping, left)
    shown = {}
    reports = set()
    for key, node in mapping.items():
        if node is None or node.message is None or not key:
            continue
        message = read_message(node.message, references)
        if message is None or (message.kind == "report" and message.text in reports):
            continue
        if message.kind == "report":  # each state of a widget repeats it
            reports.add(message.text)
        shown[key] = message
    return shown


class AssetList:
    """The files of a conversation, each once."""

    def __init__(self, find_asset: FindAsset) -> None:
        self.records: dict[str, AssetRecord] = {}
        self._find = find_asset

    def add(self, pointer: str, name: str) -> str:
        """Add a file; return its id, empty if the pointer names none."""
        asset_id = clean_pointer(pointer)
        if asset_id and asset_id not in self.records:
            self.records[asset_id] = self._find(asset_id, name)
        return asset_id


def make_messages(
    conversation: Conversation,
    ordered: list[str],
    shown: Mapping[str, Shown],
    parents: Mapping[str, str],
    times: Mapping[str, float | None],
    assets: AssetList,
) -> Iterator[MessageRecord]:
    """Make the rows of messages in their order. Raises Unreadable."""
    mapping, default_model = conversation.mapping or {}, text_of(conversation.default_model_slug)
    roles: dict[str, str] = {}
    for key in ordered:
        node, message = mapping[key], shown[key]
        original = node.message if node else None
        parent = parents[key]
        role = roles[key] = message.role or guess_role(original, roles.get(parent, ""))
        metadata = original.metadata if original else None
        model = text_of(metadata.model_slug) if metadata else ""
        yield MessageRecord(
            id=key,
            parent=parent,
            role=role,
            kind=message.kind,
            text=message.text,
            created_at=times[key],
            model=model or (default_model if role == "assistant" else ""),
            details=make_details(message, assets),
        )


def guess_role(message: Message | None, parent_role: str) -> str:
    """Guess whose a message without an author is: a model's name says so, else people and models take turns."""
    if message and message.metadata and message.metadata.model_slug:
        return "assistant"
    return OTHER_ROLES.get(parent_role, "user")


def make_details(shown: Shown, assets: AssetList) -> str:
    """Make the JSON of models.Details."""
    if not (shown.sources or shown.files or shown.name or shown.language):
        return ""
    attachments: dict[str, str] = {}
    for file in shown.files:
        if asset_id := assets.add(file.pointer, file.name):
            attachments[asset_id] = attachments.get(asset_id) or file.name
    details: dict[str, Any] = {
        "citations": [
            {"number": number, "title": title, "url": url} for number, (title, url) in enumerate(shown.sources, start=1)
        ],
        "attachments": [{"id": asset_id, "name": name} for asset_id, name in attachments.items()],
        "name": shown.name,
        "language": shown.language,
    }
    filled = {name: value for name, value in details.items() if value}
    return json.dumps(filled, ensure_ascii=False) if filled else ""

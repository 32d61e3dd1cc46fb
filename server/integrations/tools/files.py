"""Files that ChatGPT passes with a call (openaiFileIdRefs), as arguments of a tool.

https://developers.openai.com/api/docs/actions/sending-files
"""

import asyncio
import base64
import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from server.core.errors import Forbidden, InvalidInput, TooLarge
from server.core.file_names import clean_name

FIELD = "openaiFileIdRefs"
MOST_FILES = 10
LARGEST_CALL = 10_000_000  # bytes of all files of a call
MOST_STAGED = 40_000_000  # bytes of fetched files that wait for the person
LONGEST_LINK = 4_000
LINKS, DATA_URLS = {"uri", "url"}, {"data-url", "data-uri"}
CONTENTS = {"byte", "binary", "base64"}
BASE64 = re.compile(r"(?:\b|_)(?:base64|b64)(?:\b|_)", re.IGNORECASE)
UNKNOWN_TYPE = "application/octet-stream"
NO_LINK = "ChatGPT named a file without a link to it. Attach the file in the conversation again."
UNTRUSTED = "Files from this address need your approval, and this tool is marked as one that only reads. Remove the mark first."

Form = Literal["link", "base64", "data-url"]


@dataclass(frozen=True)
class Slot:
    """An argument that takes a file, or several. `form`: how it takes it."""

    name: str
    form: Form
    several: bool = False


@dataclass(frozen=True)
class FileSlots:
    """The arguments of a tool that take files, as clients see them. `required`: those that must be filled."""

    slots: tuple[Slot, ...] = ()
    required: frozenset[str] = frozenset()

    def extend(self, schema: Mapping[str, Any], items: Mapping[str, Any]) -> dict[str, Any]:
        """Add the field for files to the schema of a tool, whose own arguments may then be left out. `items`: of each file."""
        names = ", ".join(slot.name for slot in self.slots)
        field = {
            "type": "array",
            "items": dict(items),
            "maxItems": MOST_FILES,
            "description": f"Files from this conversation, instead of {names}."[:300],
        }
        required = [name for name in schema.get("required", []) if name not in self.required]
        return {**schema, "properties": {**schema.get("properties", {}), FIELD: field}, "required": required}


@dataclass(frozen=True)
class Reference:
    """A file that a caller refers to."""

    link: str
    name: str = ""
    media_type: str = ""


@dataclass(frozen=True)
class File:
    """A fetched file."""

    name: str
    media_type: str
    content: bytes

    def describe(self) -> str:
        """Describe it as the person sees it."""
        return f"{self.name}, {len(self.content)} bytes, SHA-256 {hashlib.sha256(self.content).hexdigest()}"


def find_slots(original: Mapping[str, Any], shown: Mapping[str, Any], renamed: Mapping[str, str]) -> FileSlots:
    """Find the arguments that take files, by the tool's own schema and the one that clients see."""
    properties = original.get("properties")
    if not isinstance(properties, Mapping) or FIELD in properties:
        return FileSlots()
    slots = []
    for name in shown.get("properties", {}):
        part = find_concrete(properties.get(renamed.get(name, name)))
        several = part.get("type") == "array"
        form = find_form(name, find_concrete(part.get("items")) if several else part)
        if form:
            slots.append(Slot(name, form, several))
    return FileSlots(tuple(slots), frozenset(slot.name for slot in slots) & frozenset(shown.get("required", [])))


def find_concrete(part: Any) -> Mapping[str, Any]:
    """Find the schema of a value that may be left out or null."""
    for key in ("anyOf", "oneOf"):
        choices = part.get(key) if isinstance(part, Mapping) else None
        if isinstance(choices, list):
            concrete = [item for item in choices if isinstance(item, Mapping) and item.get("type") in {"string", "array"}]
            return {**part, **concrete[0]} if len(concrete) == 1 else {}
    return part if isinstance(part, Mapping) else {}


def find_form(name: str, part: Mapping[str, Any]) -> Form | None:
    """Decide how an argument takes a file; None if it takes none."""
    kind, form = part.get("type"), part.get("format")
    if kind != "string" and not (isinstance(kind, list) and "string" in kind):
        return None
    described = f"{name} {part.get('title', '')} {part.get('description', '')}"
    if part.get("contentEncoding") == "base64" or form in CONTENTS:
        return "base64"
    if form in DATA_URLS:
        return "data-url"
    if form in LINKS:
        return "link"
    return "base64" if BASE64.search(described) else None


def read_references(value: Any) -> list[Reference]:
    """Read what ChatGPT passes: objects with a link, or links. Raises InvalidInput."""
    references = []
    for item in value if isinstance(value, list) else []:
        entry = {"download_link": item} if isinstance(item, str) else item
        link = entry.get("download_link") if isinstance(entry, Mapping) else None
        if not isinstance(link, str) or "://" not in link or len(link) > LONGEST_LINK:
            raise InvalidInput(NO_LINK)
        name, media_type = entry.get("name"), entry.get("mime_type")
        references.append(
            Reference(link, clean_name(name) if isinstance(name, str) else "", media_type if isinstance(media_type, str) else "")
        )
    return references


def assign(slots: FileSlots, arguments: Mapping[str, Any]) -> list[tuple[Slot, Reference]]:
    """Assign each file to an argument that is not given otherwise, in their order. Raises InvalidInput if there are too many."""
    references, assigned = read_references(arguments.get(FIELD)), list[tuple[Slot, Reference]]()
    for slot in slots.slots:
        if slot.name in arguments:
            continue
        taken = references if slot.several else references[:1]
        assigned += [(slot, reference) for reference in taken]
        references = references[len(taken) :]
    if references:
        raise InvalidInput("This tool takes fewer files. Leave some out.")
    given = {slot.name for slot, _ in assigned} | arguments.keys()
    if missing := sorted(slots.required - given):
        raise InvalidInput(f"It needs {', '.join(missing)}: a file, or a text.")
    return assigned


@dataclass(frozen=True)
class DescribedFiles:
    """The files of a call: fields of its Effect, and the links that the person must see each time."""

    fields: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()


class Fetched(Protocol):
    """A file as it was fetched."""

    @property
    def content(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...

    @property
    def name(self) -> str: ...


class Fetch(Protocol):
    """Fetches from addresses that callers choose: `context.fetch`."""

    def is_trusted(self, url: str) -> bool: ...

    def require_permitted(self, *urls: str) -> None: ...

    async def get(self, url: str, *, largest: int) -> Fetched: ...


class ToolFiles:
    """Fetches the files of calls. What was fetched before the person was asked stays until the call has run."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._staged: OrderedDict[str, File] = OrderedDict()

    async def describe(self, slots: FileSlots, arguments: Mapping[str, Any]) -> DescribedFiles:
        """Describe the files of a call.

        Raises FetchNotPermitted for a link that the person has not seen.
        """
        assigned = assign(slots, arguments)
        fetched = [reference for slot, reference in assigned if slot.form != "link"]
        missing = [reference for reference in fetched if reference.link not in self._staged]
        try:
            self._fetch.require_permitted(*(reference.link for reference in missing))
        except Forbidden:
            for reference in missing:  # ChatGPT's own links expire while the person decides about others
                if self._fetch.is_trusted(reference.link):
                    await self._get(reference)
            raise
        return self._describe(assigned, await self._get_all(fetched))

    def _describe(self, assigned: list[tuple[Slot, Reference]], files: Mapping[str, File]) -> DescribedFiles:
        fields = [
            (slot.name, reference.link if slot.form == "link" else files[reference.link].describe())
            for slot, reference in assigned
        ]
        strange = [reference.link for _, reference in assigned if not self._fetch.is_trusted(reference.link)]
        return DescribedFiles(tuple(fields), tuple(link for link in strange if link in files))

    async def fill(
        self, slots: FileSlots, arguments: Mapping[str, Any], *, unasked: bool
    ) -> tuple[dict[str, Any], DescribedFiles]:
        """Put the files of a call into its arguments, and describe them: they may have been fetched again since the preview.

        `unasked`: the call needs no approval, so only trusted hosts are contacted.
        """
        assigned = assign(slots, arguments)
        fetched = [reference for slot, reference in assigned if slot.form != "link"]
        if unasked and any(not self._fetch.is_trusted(reference.link) for reference in fetched):
            raise Forbidden(UNTRUSTED)
        files = await self._get_all(fetched)
        filled = {name: value for name, value in arguments.items() if name != FIELD}
        for slot, reference in assigned:
            value = reference.link if slot.form == "link" else await asyncio.to_thread(write, files[reference.link], slot.form)
            if slot.several:
                filled.setdefault(slot.name, []).append(value)
            else:
                filled[slot.name] = value
        for reference in fetched:
            self._staged.pop(reference.link, None)
        return filled, self._describe(assigned, files)

    async def _get_all(self, references: list[Reference]) -> dict[str, File]:
        files: dict[str, File] = {}
        for reference in references:
            files[reference.link] = await self._get(reference)
            if sum(len(file.content) for file in files.values()) > LARGEST_CALL:
                raise TooLarge(f"Together the files are larger than {LARGEST_CALL // 1_000_000} MB. Give fewer.")
        return files

    async def _get(self, reference: Reference) -> File:
        if file := self._staged.get(reference.link):
            return file
        fetched = await self._fetch.get(reference.link, largest=LARGEST_CALL)
        file = File(reference.name or fetched.name, reference.media_type or fetched.media_type, fetched.content)
        self._staged[reference.link] = file
        while sum(len(staged.content) for staged in self._staged.values()) > MOST_STAGED:
            self._staged.popitem(last=False)
        return file


def write(file: File, form: Form) -> str:
    """Write a file as an argument."""
    content = base64.b64encode(file.content).decode()
    return content if form == "base64" else f"data:{file.media_type or UNKNOWN_TYPE};base64,{content}"

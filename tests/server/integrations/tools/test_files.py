import base64
import hashlib
from types import SimpleNamespace

import pytest

from server.core.errors import Forbidden, InvalidInput, TooLarge
from server.integrations.tools.files import FIELD, FileSlots, Slot, ToolFiles, find_slots

OPENAI = "https://files.oaiusercontent.com/a?sig=1"
STRANGE = "https://evil.example/?secret=1"
BYTES = {"type": "string", "contentEncoding": "base64"}
DATA = Slot("file", "base64")


class FetchStub:
    """Fetches, as `server.outbound.fetch` does, from a made-up internet: ChatGPT's hosts are trusted, others are seen first."""

    def __init__(self, content=b"file", previewing=False):
        self.content, self.previewing, self.fetched = content, previewing, []

    def is_trusted(self, url):
        return "oaiusercontent.com" in url

    def require_permitted(self, *urls):
        if self.previewing and any(not self.is_trusted(url) for url in urls):
            raise Forbidden

    async def get(self, url, *, largest):
        if len(self.content) > largest:
            raise TooLarge("It is too large.")
        self.fetched.append(url)
        return SimpleNamespace(content=self.content, media_type="image/png", name="fetched.png")


def find(required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return find_slots(schema, schema, {})


@pytest.mark.parametrize(
    ("part", "form", "several"),
    [
        (BYTES, "base64", False),
        ({"type": "string", "format": "byte"}, "base64", False),
        ({"type": "string", "format": "binary"}, "base64", False),
        ({"type": "string", "description": "The picture, base64 encoded."}, "base64", False),
        ({"type": "string", "format": "data-url"}, "data-url", False),
        ({"type": "string", "format": "uri"}, "link", False),
        ({"type": ["string", "null"], "format": "uri"}, "link", False),
        ({"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}, "link", False),
        ({"type": "array", "items": BYTES}, "base64", True),
    ],
)
def test_argument_that_takes_a_file_is_known_by_its_schema(part, form, several):
    assert find(it=part).slots == (Slot("it", form, several),)


@pytest.mark.parametrize("part", [{"type": "string"}, {"type": "integer", "format": "byte"}, {}, True, {"anyOf": [BYTES, BYTES]}])
def test_other_arguments_take_no_file(part):
    assert find(it=part).slots == ()


def test_tool_with_a_field_of_that_name_gets_it_as_it_is():
    assert find(it=BYTES, **{FIELD: {"type": "array"}}).slots == ()


def test_file_argument_may_be_left_out_of_the_schema_for_clients():
    slots = find(required=("file", "title"), file=BYTES, title={"type": "string"})
    extended = slots.extend({"properties": {"file": BYTES, "title": {}}, "required": ["file", "title"]}, {"type": "string"})
    assert extended["required"] == ["title"]
    assert extended["properties"][FIELD]["items"] == {"type": "string"}
    assert extended["properties"][FIELD]["maxItems"] == 10


async def test_files_become_arguments_in_their_order():
    slots = FileSlots((DATA, Slot("url", "link"), Slot("more", "data-url", several=True)), frozenset({"file"}))
    files = ToolFiles(FetchStub())
    references = [{"download_link": OPENAI, "name": "a.txt"}, f"{OPENAI}2", {"download_link": f"{OPENAI}3", "mime_type": "a/b"}]
    filled, _ = await files.fill(slots, {"title": "x", FIELD: references}, unasked=True)
    data = base64.b64encode(b"file").decode()
    assert filled == {"title": "x", "file": data, "url": f"{OPENAI}2", "more": [f"data:a/b;base64,{data}"]}
    given, _ = await files.fill(slots, {"file": "given", FIELD: [OPENAI]}, unasked=True)
    assert given == {"file": "given", "url": OPENAI}


async def test_person_sees_name_size_and_hash_and_links_of_strangers():
    files = ToolFiles(FetchStub())
    described = await files.describe(FileSlots((DATA,)), {FIELD: [{"download_link": OPENAI, "name": "a.txt"}]})
    assert described.fields == (("file", f"a.txt, 4 bytes, SHA-256 {hashlib.sha256(b'file').hexdigest()}"),)
    assert described.links == ()
    assert (await files.describe(FileSlots((DATA,)), {FIELD: [STRANGE]})).links == (STRANGE,)


async def test_nothing_is_fetched_from_a_stranger_before_the_person_has_seen_the_link():
    fetch = FetchStub(previewing=True)
    files = ToolFiles(fetch)
    with pytest.raises(Forbidden):
        await files.describe(FileSlots((DATA, Slot("other", "base64"))), {FIELD: [STRANGE, OPENAI]})
    assert fetch.fetched == [OPENAI], "it expires meanwhile"


async def test_tool_that_is_not_asked_about_fetches_from_trusted_hosts_only():
    fetch = FetchStub()
    with pytest.raises(Forbidden, match="Remove the mark"):
        await ToolFiles(fetch).fill(FileSlots((DATA,)), {FIELD: [STRANGE]}, unasked=True)
    assert fetch.fetched == []


async def test_file_that_was_fetched_for_the_person_is_used_once():
    fetch = FetchStub()
    files = ToolFiles(fetch)
    await files.describe(FileSlots((DATA,)), {FIELD: [OPENAI]})
    await files.fill(FileSlots((DATA,)), {FIELD: [OPENAI]}, unasked=False)
    assert fetch.fetched == [OPENAI]
    await files.fill(FileSlots((DATA,)), {FIELD: [OPENAI]}, unasked=False)
    assert fetch.fetched == [OPENAI, OPENAI]


async def test_file_that_is_fetched_again_is_described_as_it_is_now():
    fetch = FetchStub()
    files = ToolFiles(fetch)
    seen = await files.describe(FileSlots((DATA,)), {FIELD: [STRANGE]})
    _, used = await files.fill(FileSlots((DATA,)), {FIELD: [STRANGE]}, unasked=False)
    assert used == seen
    fetch.content = b"something else"
    _, used = await files.fill(FileSlots((DATA,)), {FIELD: [STRANGE]}, unasked=False)
    assert used.links == seen.links
    assert used.fields != seen.fields


async def test_too_many_and_too_large_files_are_refused():
    slots = FileSlots((DATA, Slot("more", "base64", several=True)))
    with pytest.raises(InvalidInput, match="fewer"):
        await ToolFiles(FetchStub()).fill(FileSlots((DATA,)), {FIELD: [OPENAI, OPENAI]}, unasked=True)
    large = ToolFiles(FetchStub(b"x" * 6_000_000))
    with pytest.raises(TooLarge):
        await large.fill(slots, {FIELD: [OPENAI, f"{OPENAI}2"]}, unasked=True)


async def test_missing_file_and_file_without_link_are_refused():
    slots = FileSlots((DATA,), frozenset({"file"}))
    for arguments in ({}, {FIELD: ["file_123"]}, {FIELD: [{"id": "file_123"}]}, {FIELD: [7]}):
        with pytest.raises(InvalidInput):
            await ToolFiles(FetchStub()).describe(slots, arguments)


def test_tool_takes_files_in_documents_and_calls(library):
    body = library.call("GET", "/gpts/gpt/openapi.json").json()["paths"]["/tools/archive"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"][FIELD]["items"] == {"type": "string"}
    assert "scan_data" not in schema.get("required", [])
    plain = library.call("POST", "/tools/archive", json={"scan_data": base64.b64encode(b"abc").decode(), "title": "T"})
    assert plain.json()["result"].startswith("T: 3 bytes")
    assert library.call("POST", "/tools/archive", json={"title": "T"}).status_code == 422
    reference = [{"download_link": "https://evil.example/file", "name": "a.txt", "id": "file-1", "mime_type": "text/plain"}]
    response = library.call("POST", "/tools/archive", json={FIELD: reference}, headers={"Prefer": "respond-async"})
    assert response.status_code == 202, "its server is trusted, and the link is not"
    pending = next(entry for entry in library.person("GET", "/api/approvals").json() if entry["operation"] == "library__archive")
    assert {"name": "Link", "value": "https://evil.example/file"} in pending["fields"]
    library.person("POST", f"/api/approvals/{pending['id']}/deny", json={})

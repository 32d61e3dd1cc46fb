"""Public names of tools: the server's own where it is unique, else `server__tool`; safe in paths and at most 64 characters."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

LONGEST_NAME = 64
HASH_LENGTH = 16  # of 64 bits, so that no name can be found that is shortened to another one's
SEPARATOR = "__"


@dataclass(frozen=True)
class ToolKey:
    """Identity of a tool; policies are stored by it. `server`: id of the upstream."""

    server: str
    tool: str


@dataclass(frozen=True)
class PublicName:
    """`name`: name of the operation and of the MCP tool. `path`: the last segment of its path."""

    name: str
    path: str
    prefixed: bool = False


def assign_names(tools: Iterable[ToolKey], reserved: Collection[str] = ()) -> dict[ToolKey, PublicName]:
    """Assign each tool a name that no other tool has, whatever their order. `reserved`: names of built-in operations.

    Names count as equal if they differ only in case, dashes and underscores. All tools that share one are prefixed; what is equal
    even then gets a hash of its identity. No tool gets a name that is another one's identity, by which it is called, too.
    """
    levels = dict.fromkeys(tools, 0)
    taken = {fold(name) for name in reserved}
    owners = {fold(identify(key)): key for key in levels}
    while True:
        groups: dict[str, list[ToolKey]] = defaultdict(list)
        for key, level in levels.items():
            groups[fold(spell(key, level))].append(key)
        collisions = [
            key
            for name, keys in groups.items()
            if len(keys) > 1 or name in taken or owners.get(name, keys[0]) != keys[0]
            for key in keys
            if levels[key] < len(SPELLINGS) - 1
        ]
        if not collisions:
            return {key: make_public(key, level) for key, level in levels.items()}
        for key in collisions:
            levels[key] += 1


def identify(key: ToolKey) -> str:
    """Name of a tool's operation, whatever other tools there are. Ids of servers have no underscore, so it is nobody else's."""
    plain = sanitize(key.tool) == key.tool
    return spell_prefixed(key) if plain else spell_hashed(key)


def prefix_of(server: str) -> str:
    """Beginning of the names of the operations of a server, and of no other one."""
    return f"{sanitize(server)}{SEPARATOR}"


def list_prefixed(names: Mapping[ToolKey, PublicName]) -> dict[str, list[str]]:
    """List the tools whose names are prefixed: each name that clients may expect, and the names of all that it may mean."""
    groups: dict[str, set[str]] = defaultdict(set)
    for key, public in names.items():
        if public.prefixed:
            groups[fold(sanitize(key.tool))].add(public.name)
    expected = {sanitize(key.tool) for key, public in names.items() if public.prefixed}
    return {name: sorted(groups[fold(name)]) for name in sorted(expected)}


def make_public(key: ToolKey, level: int) -> PublicName:
    name = spell(key, level)
    return PublicName(name, name.replace("_", "-"), prefixed=level > 0)


def fold(name: str) -> str:
    """Form in which names are compared."""
    return name.replace("-", "_").lower()


def sanitize(text: str) -> str:
    """Replace what a name may not contain. A text without a letter or digit of ASCII becomes a hash."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", text)
    return name if re.search(r"[A-Za-z0-9]", name) else f"tool_{digest(text)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_LENGTH]


def shorten_name(name: str, identity: str) -> str:
    """Cut a name that is too long; a hash replaces its end, so that names with a common beginning stay apart."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - HASH_LENGTH - 1]}_{digest(identity)}"


def spell_plain(key: ToolKey) -> str:
    return shorten_name(sanitize(key.tool), key.tool)


def spell_prefixed(key: ToolKey) -> str:
    return shorten_name(f"{prefix_of(key.server)}{sanitize(key.tool)}", f"{key.server}\0{key.tool}")


def spell_hashed(key: ToolKey) -> str:
    suffix = f"_{digest(f'{key.server}{chr(0)}{key.tool}')}"
    return spell_prefixed(key)[: LONGEST_NAME - len(suffix)] + suffix


SPELLINGS = (spell_plain, spell_prefixed, spell_hashed)


def spell(key: ToolKey, level: int) -> str:
    return SPELLINGS[level](key)

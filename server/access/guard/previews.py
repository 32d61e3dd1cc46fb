"""Previews of calls: their Effect, or the links that have to be approved and fetched first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from server.core.sentences import Sentence
from server.outbound.previews import FetchNotPermitted, Link, previewing
from server.sdk.operation import Effect, Operation

FETCH = Sentence(
    "download {files} from {hosts}",
    "is downloading {files} from {hosts}",
    "downloaded {files} from {hosts}",
    "could not download {files} from {hosts}",
)
NEXT = "You will be asked again with the name, size and hash of each file."


@dataclass(frozen=True)
class Preview:
    """The Effect of a call. `unfetched`: links that must be fetched before more is known; then the Effect is that alone."""

    effect: Effect
    unfetched: frozenset[str] = frozenset()


async def preview(operation: Operation, arguments: Mapping[str, Any], summary: str, permitted: Collection[str] = ()) -> Preview:
    """Preview a call, without contacting an address that the caller chose. `permitted`: links that the person has approved."""
    if operation.preview is None:
        return Preview(Effect(summary))
    try:
        with previewing(permitted):
            return Preview(await operation.preview(**arguments))
    except FetchNotPermitted as refused:
        return Preview(foresee_fetch(refused.links, summary), frozenset(link.given for link in refused.links))


def foresee_fetch(links: Collection[Link], summary: str) -> Effect:
    """Effect of fetching links."""
    hosts = ", ".join(dict.fromkeys(link.host for link in links))
    files = "a file" if len(links) == 1 else f"{len(links)} files"
    shown = [field for link in links for field in (("Host", link.host), ("Link", link.address))]
    fields = (*shown, ("To then", summary), ("Next", NEXT))
    return Effect(FETCH.fill(files=files, hosts=hosts), fields, links=tuple(link.given for link in links))

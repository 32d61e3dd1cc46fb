"""The tree of a conversation: whom each shown message follows, whatever the export says of parents and children."""

from collections.abc import Collection, Iterable, Mapping

from server.integrations.conversations.history.decode import Node, time_of


def find_parents(mapping: Mapping[str, Node | None]) -> dict[str, str]:
    """Find the parent of each node; roots have an empty one.

    `parent` counts, since `children` is empty in some exports; without it, the node that lists this one. A link that would
    close a circle is cut.
    """
    listed = {
        child: key
        for key, node in mapping.items()
        if node and isinstance(node.children, list)
        for child in node.children
        if isinstance(child, str) and child != key
    }
    parents: dict[str, str] = {}
    for key, node in mapping.items():
        parent = node.parent if node else None
        if not isinstance(parent, str) or parent not in mapping or parent == key:
            parent = listed.get(key, "")
        parents[key] = parent
    cut_circles(parents)
    return parents


def cut_circles(parents: dict[str, str]) -> None:
    """Make the first node of each circle, in the order of the export, a root."""
    safe, positions = {""}, {key: position for position, key in enumerate(parents)}
    for start in parents:
        path: dict[str, None] = {}
        key = start
        while key not in safe and key not in path:
            path[key] = None
            key = parents[key]
        if key in path:
            circle = list(path)
            first = min(circle[circle.index(key) :], key=positions.__getitem__)
            parents[first] = ""
        safe.update(path)


def find_shown_parents(parents: Mapping[str, str], shown: Collection[str]) -> dict[str, str]:
    """Find the nearest shown node above each node, over the hidden ones between."""
    nearest: dict[str, str] = {"": ""}
    for start in parents:
        path = []
        key = start
        while key not in nearest:
            path.append(key)
            key = parents[key]
        for node in reversed(path):
            above = parents[node]
            nearest[node] = above if above in shown else nearest[above]
    return nearest


def order(parents: Mapping[str, str], times: Mapping[str, float | None]) -> list[str]:
    """Order shown nodes: each after its parent, branches one after the other, the older branch first."""
    children: dict[str, list[str]] = {}
    for key, parent in parents.items():
        children.setdefault(parent, []).append(key)
    ordered: list[str] = []
    waiting = [""]
    while waiting:
        key = waiting.pop()
        ordered.append(key)
        if below := children.get(key):
            waiting += below if len(below) == 1 else sorted(below, key=lambda child: times[child] or 0.0)[::-1]
    return ordered[1:]


def find_current(
    current: object, parents: Mapping[str, str], shown_parents: Mapping[str, str], times: Mapping[str, float | None]
) -> str:
    """Find the shown node at whose end the conversation stands: of the export, else the newest leaf."""
    if isinstance(current, str) and current in parents:
        nearest = current if current in times else shown_parents[current]
        if nearest:
            return nearest
    return newest_leaf(times, {shown_parents[key] for key in times})


def newest_leaf(times: Mapping[str, float | None], above: Collection[str]) -> str:
    """Find the newest node that no shown node follows."""
    leaves: Iterable[str] = [key for key in times if key not in above]
    return max(leaves, key=lambda key: times[key] or 0.0, default="")


def times_of(mapping: Mapping[str, Node | None], keys: Iterable[str]) -> dict[str, float | None]:
    """Read the times of nodes."""
    times = {}
    for key in keys:
        node = mapping[key]
        times[key] = time_of(node.message.create_time) if node and node.message else None
    return times

"""Answers each line on standard input with what assistive technology sees of the screen: role, name, text and place."""

import json
import sys
from typing import Any

from desktop.toolkit import find_gi

DEEPEST = 60


def read(node: Any, nodes: list[dict[str, Any]], depth: int = 0) -> None:
    if node is None or depth > DEEPEST:
        return
    try:
        nodes.append(describe(node))
        for index in range(node.get_child_count()):
            read(node.get_child_at_index(index), nodes, depth + 1)
    except GLib.Error:  # it went away meanwhile
        return


def describe(node: Any) -> dict[str, Any]:
    place = node.get_component_iface() and Atspi.Component.get_extents(node.get_component_iface(), Atspi.CoordType.SCREEN)
    text = node.get_text_iface()
    return {
        "role": node.get_role_name(),
        "name": node.get_name() or "",
        "focused": node.get_state_set().contains(Atspi.StateType.FOCUSED),
        "checked": node.get_state_set().contains(Atspi.StateType.CHECKED),
        "text": Atspi.Text.get_text(text, 0, Atspi.Text.get_character_count(text)) if text else "",
        "x": place.x if place else 0,
        "y": place.y if place else 0,
        "width": place.width if place else 0,
        "height": place.height if place else 0,
    }


gi = find_gi()
gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402, its version has to be chosen before

for _ in sys.stdin:
    seen: list[dict[str, Any]] = []
    read(Atspi.get_desktop(0), seen)
    print(json.dumps(seen), flush=True)

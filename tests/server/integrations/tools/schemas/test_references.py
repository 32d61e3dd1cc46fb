import pytest

from server.integrations.tools.schemas.references import MOST_DEFINITIONS, resolve_reference

ROOT = {"$defs": {"a/b": {"type": "string"}, "c~d": 1, "e f": 2, "g": {"$anchor": "here"}}, "list": [5, 6]}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("#", ROOT),
        ("#/$defs/a~1b", {"type": "string"}),
        ("#/$defs/c~0d", 1),
        ("#/$defs/e%20f", 2),
        ("#/list/1", 6),
        ("#here", {"$anchor": "here"}),
    ],
)
def test_reference_is_resolved_within_the_document(reference: str, expected: object) -> None:
    assert resolve_reference(ROOT, reference) == expected


@pytest.mark.parametrize(
    "reference",
    ["https://h/x", "file:///etc/passwd", "other.json#/a", "", "#/none", "#/list/2", "#/list/-1", "#none", "#/" + "a/" * 9_999],
)
def test_reference_elsewhere_is_not_followed(reference: str) -> None:
    with pytest.raises(LookupError):
        resolve_reference(ROOT, reference)


def test_anchors_are_looked_for_in_some_definitions() -> None:
    definitions = {f"d{number}": {"$anchor": f"a{number}"} for number in range(MOST_DEFINITIONS + 1)}
    assert resolve_reference({"$defs": definitions}, f"#a{MOST_DEFINITIONS - 1}")
    with pytest.raises(LookupError):
        resolve_reference({"$defs": definitions}, f"#a{MOST_DEFINITIONS}")

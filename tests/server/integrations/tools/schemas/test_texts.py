from server.integrations.tools.schemas.texts import Texts, join_sentences


def test_sentences_are_joined_with_full_stops() -> None:
    assert join_sentences(["One", "", "Two.", "Three"]) == "One. Two. Three"
    assert join_sentences([]) == ""


def test_examples_and_rules_are_described() -> None:
    result: dict[str, object] = {}
    Texts(100_000).describe({"description": "Size", "examples": [1, 2, 3, 4], "contains": {}}, result)
    assert result["description"] == 'Size. Rules: {"contains": {}}. Examples: [1, 2, 3]'


def test_long_rule_is_cut() -> None:
    assert len(Texts(100_000).write_rule("x" * 5_000)) == 300

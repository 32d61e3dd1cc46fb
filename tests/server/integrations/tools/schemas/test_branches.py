from server.integrations.tools.schemas.branches import describe_choices, merge_branches, union_of


def test_union_of_equal_alternatives_is_that_alternative() -> None:
    assert union_of([{"type": "string"}, {"type": "string"}]) == {"type": "string"}
    assert union_of([], nullable=True) == {"enum": [None]}
    assert union_of([]) == {}


def test_parts_of_all_of_are_required_together_and_alternatives_only_in_common() -> None:
    branches = [{"required": ["a", "b"]}, {"required": ["b", "c"]}]
    assert merge_branches({"allOf": branches}, branches)["required"] == ["a", "b", "c"]
    assert merge_branches({"anyOf": branches, "required": ["d"]}, branches)["required"] == ["b", "d"]


def test_property_that_differs_between_alternatives_may_be_either() -> None:
    branches = [{"properties": {"a": {"type": "string"}}}, {"properties": {"a": {"type": "integer"}}}]
    assert merge_branches({"oneOf": branches}, branches)["properties"]["a"] == {
        "anyOf": [{"type": "string"}, {"type": "integer"}]
    }


def test_choices_are_described_if_they_differ() -> None:
    assert describe_choices({"anyOf": []}, [{"required": ["a"]}, {}]) == "Needs a, or none of these."
    assert describe_choices({"anyOf": []}, [{"required": ["a"]}, {"required": ["a"]}]) == ""

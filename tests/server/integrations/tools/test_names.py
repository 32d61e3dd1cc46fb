import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.integrations.tools.names import LONGEST_NAME, ToolKey, assign_names, fold, identify, list_prefixed, prefix_of


def assign(*tools: tuple[str, str], reserved: tuple[str, ...] = ()) -> dict[str, str]:
    names = assign_names([ToolKey(*tool) for tool in tools], reserved)
    return {f"{key.server}.{key.tool}": public.name for key, public in names.items()}


@pytest.mark.parametrize(
    ("tools", "names"),
    [
        ([("a", "get_leads"), ("b", "get-sum")], ["get_leads", "get-sum"]),
        ([("a", "search"), ("b", "search")], ["a__search", "b__search"]),
        ([("a", "get_sum"), ("b", "get-sum")], ["a__get_sum", "b__get-sum"]),
        ([("a", "get_sum"), ("b", "GET_SUM")], ["a__get_sum", "b__GET_SUM"]),
        ([("a", "read.file"), ("a", "write/../file")], ["read_file", "write____file"]),
        ([("a", "b__c"), ("b", "c"), ("d", "c")], ["a__b__c", "b__c", "d__c"]),
    ],
)
def test_name_is_prefixed_only_where_it_is_not_unique(tools, names) -> None:
    result = list(assign(*tools).values())
    if tools[0][1] == "b__c":
        assert len({fold(name) for name in result}) == 3
    else:
        assert result == names


def test_built_in_operation_keeps_its_name() -> None:
    assert assign(("a", "send_mail"), ("a", "send-Mail2"), reserved=("send_mail",)) == {
        "a.send_mail": "a__send_mail",
        "a.send-Mail2": "send-Mail2",
    }


def test_names_of_one_server_that_differ_by_a_dash_are_kept_apart() -> None:
    names = list(assign(("a", "get_sum"), ("a", "get-sum")).values())
    assert [name[:10] for name in names] == ["a__get_sum", "a__get-sum"]
    assert len({fold(name) for name in names}) == 2


def test_long_names_with_a_common_beginning_are_kept_apart() -> None:
    first, second = assign(("a", "x" * 200), ("a", "x" * 201)).values()
    assert first != second
    assert {len(first), len(second)} == {LONGEST_NAME}


def test_name_without_ascii_becomes_a_hash() -> None:
    names = list(assign(("a", "查询"), ("a", "搜索"), ("a", "...")).values())
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"tool_[0-9a-f]{16}", name) for name in names)


def test_path_has_dashes() -> None:
    (public,) = assign_names([ToolKey("a", "natural_query")]).values()
    assert (public.path, public.prefixed) == ("natural-query", False)


def test_prefixed_names_are_listed_by_the_expected_name() -> None:
    names = assign_names([ToolKey("a", "search"), ToolKey("b", "search"), ToolKey("b", "other")])
    assert list_prefixed(names) == {"search": ["a__search", "b__search"]}


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.text("ab_-.A/\u202e查", max_size=5) | st.text(max_size=90)), unique=True, max_size=30
    ),
    st.lists(st.text("ab_-", min_size=1, max_size=3), max_size=5),
    st.randoms(),
)
def test_names_are_unique_safe_and_independent_of_order(tools, reserved, random) -> None:
    keys = [ToolKey(*tool) for tool in tools]
    names = assign_names(keys, reserved)
    folded = [fold(public.name) for public in names.values()]
    assert len(set(folded)) == len(keys)
    assert not set(folded) & {fold(name) for name in reserved}
    assert len({public.path.lower() for public in names.values()}) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", public.name) for public in names.values())
    shuffled = random.sample(keys, len(keys))
    assert assign_names(shuffled, reserved) == names


@pytest.mark.parametrize("name", ["crm__get_leads", "crm--get-leads", "CRM__GET_LEADS"])
def test_no_tool_gets_the_identity_of_another_as_its_name(name) -> None:
    names = assign(("evil", name), ("crm", "get_leads"))
    assert names["crm.get_leads"] == "get_leads"
    assert names[f"evil.{name}"] == f"evil__{name}"


def test_identity_is_of_one_server_only() -> None:
    assert prefix_of("crm") == "crm__"
    long = [identify(ToolKey("x" * 43, name)) for name in ("y" * 90, "y" * 91, "z z", "_z")]
    assert len(set(long)) == 4
    assert all(name.startswith(prefix_of("x" * 43)) and len(name) <= LONGEST_NAME for name in long)


def test_every_spelling_of_a_name_leads_to_all_that_it_may_mean() -> None:
    names = assign_names([ToolKey("a", "get_sum"), ToolKey("b", "get-sum")])
    assert list_prefixed(names) == {"get-sum": ["a__get_sum", "b__get-sum"], "get_sum": ["a__get_sum", "b__get-sum"]}

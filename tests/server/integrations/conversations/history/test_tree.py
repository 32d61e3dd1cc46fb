import time

from server.integrations.conversations.history.decode import Node
from server.integrations.conversations.history.tree import find_current, find_parents, find_shown_parents, order


def make(**parents: str | None) -> dict[str, Node | None]:
    return {key: Node(None, parent, []) for key, parent in parents.items()}


def test_parents_count_where_children_are_empty():
    assert find_parents(make(root=None, a="root", b="a")) == {"root": "", "a": "root", "b": "a"}


def test_children_count_where_parents_are_missing():
    mapping = {"x": Node(None, None, ["a", "gone", 5]), "a": Node(None, "gone", ["b"]), "b": Node(None, None, []), "n": None}
    assert find_parents(mapping) == {"x": "", "a": "x", "b": "a", "n": ""}


def test_circle_is_cut_at_its_first_node():
    assert find_parents(make(a="c", b="a", c="b", d="c")) == {"a": "", "b": "a", "c": "b", "d": "c"}


def test_node_that_is_its_own_parent_is_a_root():
    assert find_parents({"a": Node(None, "a", ["a"])}) == {"a": ""}


def test_long_thread_takes_linear_time():
    began = time.process_time()
    mapping = {str(key): Node(None, str(key - 1) if key else "99999", []) for key in range(100_000)}
    parents = find_parents(mapping)
    shown = find_shown_parents(parents, set(list(parents)[::2]))
    assert len(order({key: shown[key] for key in list(parents)[::2]}, dict.fromkeys(parents, 0.0))) == 50_000
    assert time.process_time() - began < 5


def test_hidden_nodes_are_skipped_upwards():
    parents = {"root": "", "h1": "root", "h2": "h1", "u": "h2", "h3": "u", "a": "h3"}
    assert find_shown_parents(parents, {"u", "a"})["u"] == ""
    assert find_shown_parents(parents, {"u", "a"})["a"] == "u"


def test_branches_follow_each_other_the_older_first():
    parents = {"u": "", "late": "u", "early": "u", "below": "late"}
    assert order(parents, {"u": 1.0, "late": 9.0, "early": 2.0, "below": 10.0}) == ["u", "early", "late", "below"]


def test_current_node_that_is_hidden_is_the_one_above():
    parents = {"u": "", "a": "u", "h": "a"}
    shown = find_shown_parents(parents, {"u", "a"})
    assert find_current("h", parents, shown, {"u": 1.0, "a": 2.0}) == "a"


def test_missing_current_node_is_the_newest_leaf():
    parents = {"u": "", "a": "u", "b": "u"}
    shown = find_shown_parents(parents, set(parents))
    for current in ("gone", None, [], 5):
        assert find_current(current, parents, shown, {"u": 9.0, "a": 3.0, "b": 2.0}) == "a"

import pytest

from server.access.clients.client import Client, Policy
from server.access.clients.presets import (
    MOST_OPERATIONS,
    Preset,
    choose_operations,
    describe_always,
    make_permissions,
    require_individual,
)
from server.core.errors import InvalidInput
from server.sdk.operation import Operation

EVERYBODYS = Operation("read_approval", "", "Read the decision.", changes=False)


def declare(count: int, prefix: str, scope: str, *, changes: bool, **options: bool) -> list[Operation]:
    return [Operation(f"{prefix}_{number}", scope, "Do it.", changes, **options) for number in range(count)]


MANY = [
    *declare(9, "rare", "read:mail", changes=False, rare=True),
    *declare(15, "read", "read:mail", changes=False),
    *declare(14, "write", "write:mail", changes=True),
    *declare(2, "add", "write:notes", changes=False, ingests=True),
    EVERYBODYS,
]


def permitted(preset: Preset, operations: list[Operation]) -> dict[str, Policy]:
    permissions = make_permissions(preset, operations)
    client = Client("1", "gpt", permissions.scopes, permissions.policies)
    reached = [operation for operation in operations if operation.scope in client.scopes]
    return {operation.name: policy for operation in reached if (policy := client.policy_for(operation)) is not Policy.deny}


def test_preset_fits_one_action_and_leaves_out_rare_operations_first():
    names = [operation.name for operation in choose_operations(Preset.ask, MANY)]
    assert len(names) == MOST_OPERATIONS - 1, "every client that may change something has read_approval too"
    assert [name for name in names if name.startswith("rare")] == []
    few = [operation.name for operation in choose_operations(Preset.ask, MANY[:20])]
    assert len([name for name in few if name.startswith("rare")]) == 9


@pytest.mark.parametrize("long", [True, False])
def test_polling_of_jobs_counts_only_if_an_operation_may_take_long(long):
    polling = Operation("read_job", "", "Read the job.", changes=False, for_jobs=True)
    many = [*declare(40, "write", "write:mail", changes=True, long=long), EVERYBODYS, polling]
    assert len(choose_operations(Preset.ask, many)) == MOST_OPERATIONS - (2 if long else 1)


def test_operation_in_no_document_counts_for_no_preset_and_keeps_its_policy():
    never_ask = declare(5, "hear", "write:mail", changes=False, asks=False)
    operations = [*never_ask, *declare(40, "write", "write:mail", changes=True)]
    assert choose_operations(Preset.ask, operations) == operations[5 : 5 + MOST_OPERATIONS]
    policies = permitted(Preset.ask, operations)
    assert {policies[operation.name] for operation in never_ask} == {Policy.allow}


def test_change_is_denied_where_the_person_cannot_be_asked():
    [speak] = declare(1, "speak", "write:mail", changes=True, asks=False)
    assert speak.name not in permitted(Preset.ask, [speak, *declare(1, "write", "write:mail", changes=True)])


def test_preset_fits_even_if_nothing_is_rare():
    assert len(choose_operations(Preset.ask, declare(50, "write", "write:mail", changes=True))) == MOST_OPERATIONS
    assert len(choose_operations(Preset.read_only, declare(50, "read", "read:mail", changes=False))) == MOST_OPERATIONS


def test_ask_preset_asks_before_each_change_and_allows_no_change():
    policies = permitted(Preset.ask, MANY)
    assert {policy for name, policy in policies.items() if name.startswith("write")} == {Policy.ask}
    assert {policy for name, policy in policies.items() if name.startswith("read")} == {Policy.allow}
    assert not [name for name in policies if name.startswith("add")], "what is added without asking is no question"


def test_read_only_preset_reaches_nothing_that_changes():
    same_scope = [
        *MANY,
        *declare(1, "sneak", "read:mail", changes=True),
        *declare(1, "drop", "read:mail", changes=False, ingests=True),
        *declare(1, "stop", "read:mail", changes=False, destructive=True),
    ]
    assert {name.partition("_")[0] for name in permitted(Preset.read_only, same_scope)} <= {"read", "rare"}
    assert make_permissions(Preset.read_only, MANY).scopes == {"read:mail"}


def test_ingesting_tool_belongs_to_the_preset_that_asks_and_not_to_the_one_that_reads():
    operations = [*declare(1, "read", "read:queue", changes=False), *declare(1, "add", "read:queue", changes=False, ingests=True)]
    [tool] = declare(1, "submit", "read:queue", changes=False, ingests=True, tool=True)
    assert permitted(Preset.ask, [*operations, tool]) == {"read_0": Policy.allow, "submit_0": Policy.allow}
    assert permitted(Preset.read_only, [*operations, tool]) == {"read_0": Policy.allow}


def test_preset_stays_within_scopes():
    assert make_permissions(Preset.ask, MANY, ["read:mail"]).scopes == {"read:mail"}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"reaches_others": True}, "anyone in your name"),
        ({"destructive": True}, "not all of it can be undone"),
        ({}, "any number of times"),
    ],
)
def test_permission_without_asking_is_described(options: dict[str, bool], word: str):
    assert word in describe_always(Operation("do", "s", "Do it.", changes=True, **options))
    assert not describe_always(EVERYBODYS)


def test_permission_for_a_changed_operation_says_that_it_goes_on_asking() -> None:
    assert "until you accept" in describe_always(Operation("do", "s", "Do it.", changes=True, unaccepted=True))


def test_operations_that_could_do_much_are_not_allowed_together() -> None:
    risky = [
        Operation(name, "use:files", "Do it.", changes=name != "look", individual=True) for name in ("read", "write", "look")
    ]
    others = [Operation(name, "use:crm", "Do it.", changes=True) for name in ("find", "add")]
    require_individual([*risky, *others], ["read", "find", "add"])
    require_individual(risky[:1], ["read"])
    with pytest.raises(InvalidInput, match="use:files could do too much"):
        require_individual([*risky, *others], ["read", "write"])

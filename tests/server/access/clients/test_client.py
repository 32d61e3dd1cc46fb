from server.access.clients.client import Client, Policy
from server.sdk.operation import Operation

READ = Operation("list_apps", "read:apps", "List.", changes=False)
CHANGE = Operation("control_app", "control:apps", "Start.", changes=True)


def test_default_policy_allows_reads_and_asks_for_changes() -> None:
    fresh = Client("1", "bot", frozenset())
    assert (fresh.policy_for(READ), fresh.policy_for(CHANGE)) == (Policy.allow, Policy.ask)
    other = Client("2", "other", frozenset(), {"control_app": Policy.allow, "list_apps": Policy.deny})
    assert (other.policy_for(READ), other.policy_for(CHANGE)) == (Policy.deny, Policy.allow)


def test_trusted_operation_is_allowed_by_default() -> None:
    trusted = Operation("cancel_job", "", "Cancel.", changes=True, trusted=True)
    assert Client("1", "bot", frozenset()).policy_for(trusted) is Policy.allow
    assert Client("1", "bot", frozenset(), {"cancel_job": Policy.ask}).policy_for(trusted) is Policy.ask


def test_key_hash_is_not_in_the_repr() -> None:
    assert "hash-of-it" not in repr(Client("1", "bot", frozenset(), key_hash=b"hash-of-it"))


def test_permission_does_not_hold_for_an_operation_that_the_person_has_not_accepted() -> None:
    changed = Operation("crm__get_leads", "use:crm", "List.", changes=True, unaccepted=True)
    allowed = Client("1", "bot", frozenset(), {"crm__get_leads": Policy.allow})
    assert allowed.policy_for(changed) is Policy.ask
    assert Client("2", "bot", frozenset(), {"crm__get_leads": Policy.deny}).policy_for(changed) is Policy.deny

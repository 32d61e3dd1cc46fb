from server.access.clients.registry import Client
from server.access.clients.usage import Use
from server.local.models import view_client


def test_client_is_shown_without_its_key_or_id() -> None:
    shown = view_client(Client("id-1", "bot", frozenset({"b", "a"}), key_hint="dh_abcd"), {}, Use())
    assert shown.scopes == ["a", "b"]
    assert "id-1" not in shown.model_dump_json()

from server.tunnel.models import TunnelChange, TunnelSettings, TunnelState, TunnelView


def test_missing_field_of_a_change_differs_from_null() -> None:
    assert TunnelChange.model_validate({"domain": None}).model_fields_set == {"domain"}


def test_authtoken_is_in_no_view_and_no_setting() -> None:
    assert "authtoken" not in {*TunnelView.model_fields, *TunnelSettings.model_fields}


def test_tunnel_is_closed_by_default() -> None:
    assert TunnelSettings() == TunnelSettings(domain=None, agent_path=None, keep_awake=False, open_at_start=False)
    assert {state.value for state in TunnelState} == {"off", "opening", "open", "reconnecting", "failed", "fixed"}

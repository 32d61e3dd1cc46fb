import pytest

from server.tunnel.fake.faults import REFUSALS, Fault, find_fault, refuse


@pytest.mark.parametrize("fault", Fault)
def test_an_authtoken_orders_what_it_begins_with(fault: Fault) -> None:
    assert find_fault(f"{fault}-and-more") is fault


def test_any_other_authtoken_is_welcome() -> None:
    for token in (None, "", "2abcdefgh_IJ"):
        assert find_fault(token) is None
        assert refuse(None, token) is None


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_refusal_repeats_the_authtoken_as_ngrok_does(fault: Fault) -> None:
    said = refuse(fault, "its-token") or ""
    assert "its-token" in said
    assert "ERR_NGROK_" in said

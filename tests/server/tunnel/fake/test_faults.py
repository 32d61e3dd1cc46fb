import pytest

from server.tunnel.fake.faults import REFUSALS, Fault, find_fault, refuse


@pytest.mark.parametrize("fault", Fault)
def test_fault_is_the_beginning_of_the_authtoken(fault: Fault) -> None:
    assert find_fault(f"{fault}-and-more") is fault


def test_other_authtoken_has_no_fault() -> None:
    for token in (None, "", "2abcdefgh_IJ"):
        assert find_fault(token) is None
        assert refuse(None, token) is None


@pytest.mark.parametrize("fault", REFUSALS)
def test_refusal_repeats_the_authtoken(fault: Fault) -> None:
    output = refuse(fault, "its-token") or ""
    assert "its-token" in output
    assert "ERR_NGROK_" in output

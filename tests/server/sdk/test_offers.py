"""Objects that integrations provide for each other."""

from typing import Protocol

import pytest

from server.core.errors import Unavailable
from server.sdk.offers import Offers


class Greeter(Protocol):
    def greet(self) -> str: ...


class Polite:
    def greet(self) -> str:
        return "Good day"


def test_object_is_offered_until_it_is_withdrawn() -> None:
    offers = Offers()
    assert offers.find(Greeter) is None
    with offers.offer(Greeter, Polite()):
        assert offers.require(Greeter).greet() == "Good day"
    assert offers.find(Greeter) is None


def test_missing_object_is_unavailable_with_a_sentence() -> None:
    with pytest.raises(Unavailable, match="Conversations are off"):
        Offers().require(Greeter, "Conversations are off.")


def test_second_object_for_a_protocol_is_refused_and_leaves_the_first() -> None:
    offers, first = Offers(), Polite()
    with offers.offer(Greeter, first):
        with pytest.raises(ValueError, match="Greeter is offered already"), offers.offer(Greeter, Polite()):
            pass
        assert offers.find(Greeter) is first


def test_object_is_withdrawn_if_its_integration_fails() -> None:
    offers = Offers()
    with pytest.raises(RuntimeError, match="broken"), offers.offer(Greeter, Polite()):
        raise RuntimeError("broken")
    assert offers.find(Greeter) is None

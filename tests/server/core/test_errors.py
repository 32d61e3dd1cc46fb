import inspect

import pytest

from server.core import errors
from server.core.errors import DeskhandError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, DeskhandError)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_says_what_to_do_even_when_nobody_gave_it_a_sentence(kind: type[DeskhandError]) -> None:
    assert kind().detail.endswith(".")
    assert 400 <= kind.status <= 599


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_stands_in_the_tree_with_its_status(kind: type[DeskhandError]) -> None:
    row = next(line for line in (errors.__doc__ or "").splitlines() if kind.__name__ in line.split()[:2])
    assert str(kind.status) in row

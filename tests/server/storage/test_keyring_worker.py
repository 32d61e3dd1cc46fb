import asyncio
import threading

import pytest

from server.core.errors import Unavailable
from server.storage.keyring_worker import Asking


def refuse() -> None:
    raise Unavailable("It is locked.")


def test_of_many_questions_at_once_only_the_first_is_refused_by_the_keyring() -> None:
    asking, asked = Asking(60), []

    def work() -> None:
        asked.append(1)
        refuse()

    async def ask_often() -> list[object]:
        return list(await asyncio.gather(*(asking.ask(work, 10) for _ in range(5)), return_exceptions=True))

    assert {str(answer) for answer in asyncio.run(ask_often())} == {"It is locked."}
    assert (len(asked), asking.rests, asking.refusal) == (1, True, "It is locked.")


def test_after_its_rest_it_is_asked_again() -> None:
    asking = Asking(0)
    with pytest.raises(Unavailable):
        asyncio.run(asking.ask(refuse, 10))
    assert asyncio.run(asking.ask(lambda: "open", 10)) == "open"
    assert asking.refusal is None


def test_while_it_waits_for_its_person_nobody_else_waits_and_what_came_too_late_is_undone() -> None:
    asking, answered, undone = Asking(0), threading.Event(), threading.Event()
    with pytest.raises(Unavailable, match="does not answer"):
        asyncio.run(asking.ask(lambda: answered.wait(30), 0.1, undone.set))
    with pytest.raises(Unavailable, match="does not answer"):
        asyncio.run(asking.ask(lambda: None, 1_000))
    assert not undone.is_set()
    answered.set()
    assert undone.wait(30)

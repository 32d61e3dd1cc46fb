import asyncio
import threading

import pytest

from server.core.errors import Unavailable
from server.storage.keyring_worker import KeyringWorker


def refuse() -> None:
    raise Unavailable("It is locked.")


def test_simultaneous_calls_share_one_refusal() -> None:
    asking, calls = KeyringWorker(60), []

    def work() -> None:
        calls.append(1)
        refuse()

    async def ask_often() -> list[object]:
        return list(await asyncio.gather(*(asking.run(work, 10) for _ in range(5)), return_exceptions=True))

    assert {str(answer) for answer in asyncio.run(ask_often())} == {"It is locked."}
    assert (len(calls), asking.is_resting, asking.refusal) == (1, True, "It is locked.")


def test_keyring_is_called_again_after_its_rest() -> None:
    asking = KeyringWorker(0)
    with pytest.raises(Unavailable):
        asyncio.run(asking.run(refuse, 10))
    assert asyncio.run(asking.run(lambda: "open", 10)) == "open"
    assert asking.refusal is None


def test_late_result_is_undone_and_other_calls_do_not_wait() -> None:
    asking, answered, undone = KeyringWorker(0), threading.Event(), threading.Event()
    with pytest.raises(Unavailable, match="does not answer"):
        asyncio.run(asking.run(lambda: answered.wait(30), 0.1, undone.set))
    with pytest.raises(Unavailable, match="does not answer"):
        asyncio.run(asking.run(lambda: None, 1_000))
    assert not undone.is_set()
    answered.set()
    assert undone.wait(30)


def test_abandoned_call_does_not_run_later() -> None:
    worker, finish, ran = KeyringWorker(0), threading.Event(), list[int]()

    async def call_while_busy() -> None:
        first = asyncio.create_task(worker.run(lambda: finish.wait(30), 30))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await worker.run(lambda: ran.append(1), 0.05)
        finish.set()
        assert await first

    asyncio.run(call_while_busy())
    assert asyncio.run(worker.run(lambda: "next", 30)) == "next"  # after the abandoned call had its turn
    assert ran == []

import asyncio

import pytest

from server.core.errors import NotAuthenticated, NotFound, TooManyRequests
from server.integrations.omi.signature import Letter, sign_v1
from server.integrations.omi.webhook_auth import SECRET, Doorway

LETTER = Letter(b"{}", query=b"uid=me")


def header(pendant, secret: str) -> str:
    now = int(pendant.clock.now().timestamp())
    return f"t={now},v1={sign_v1(secret, now, 'me', b'{}')}"


def test_nothing_leads_in_until_the_address_is_made(new_pendant) -> None:
    door = new_pendant.wearable.doorway
    for given in ("", "None", "é"):
        with pytest.raises(NotFound):
            new_pendant.run(door.check_segment(given))
    assert not new_pendant.run(door.has_segment())
    made = new_pendant.run(door.make_segment())
    new_pendant.run(door.check_segment(made))
    with pytest.raises(NotFound):
        new_pendant.run(door.check_segment(made[:-1]))
    assert new_pendant.run(Doorway(new_pendant.context).segment()) == made


def test_the_secret_before_counts_for_a_day(new_pendant) -> None:
    door, run = new_pendant.wearable.doorway, new_pendant.run
    run(door.set_secret("the first secret"))
    assert door.previous_until() is None
    run(door.set_secret("the second secret"))
    run(door.check_signature(header(new_pendant, "the first secret"), LETTER))
    new_pendant.clock.move(hours=24, seconds=1)
    with pytest.raises(NotAuthenticated):
        run(door.check_signature(header(new_pendant, "the first secret"), LETTER))
    run(door.check_signature(header(new_pendant, "the second secret"), LETTER))


def test_the_same_secret_again_is_no_other(new_pendant) -> None:
    door, run = new_pendant.wearable.doorway, new_pendant.run
    run(door.set_secret("the first secret"))
    run(door.set_secret("the second secret"))
    run(door.set_secret("the second secret"))
    run(door.check_signature(header(new_pendant, "the first secret"), LETTER))


def test_without_a_secret_nothing_is_checked_and_the_old_one_is_gone(new_pendant) -> None:
    door, run = new_pendant.wearable.doorway, new_pendant.run
    run(door.set_secret("the first secret"))
    run(door.set_secret(None))
    run(door.check_signature("", LETTER))
    with pytest.raises(NotAuthenticated):
        run(door.require_secret())
    assert run(new_pendant.context.secrets.get(SECRET)) is None
    run(door.set_secret("the second secret"))
    with pytest.raises(NotAuthenticated):
        run(door.check_signature(header(new_pendant, "the first secret"), LETTER))


def test_only_a_handful_of_unproven_bodies_is_read_at_once_and_the_oldest_gives_way(pendant) -> None:
    pendant.set(unproven_bodies=2)
    told: list[str] = []

    async def read(name: str, body: asyncio.Event) -> None:
        try:
            async with pendant.wearable.doorway.hold_place():
                await body.wait()
                told.append(f"{name} is read")
        except TooManyRequests:
            told.append(f"{name} gave way")

    async def main() -> None:
        bodies = {name: asyncio.Event() for name in ("slow", "slower", "proper")}
        reading = {}
        for name, body in bodies.items():
            reading[name] = asyncio.create_task(read(name, body))
            await asyncio.sleep(0)
        await reading["slow"]
        for name in ("proper", "slower"):
            bodies[name].set()
            await reading[name]

    pendant.run(main())
    assert told == ["slow gave way", "proper is read", "slower is read"]


def test_a_body_of_which_nothing_is_known_may_not_take_long(pendant) -> None:
    pendant.set(unproven_seconds=0.01)

    async def main() -> None:
        async with pendant.wearable.doorway.hold_place():
            await asyncio.Event().wait()

    with pytest.raises(TooManyRequests):
        pendant.run(main())

import asyncio

import pytest

from server.outbound.previews import is_permitted, previewing, reading_own_account, require_no_preview

LINK = "https://files.example/a?sig=1"


def test_link_is_permitted_outside_of_a_preview_and_once_approved():
    assert is_permitted(LINK)
    with previewing():
        assert not is_permitted(LINK)
    with previewing([LINK]):
        assert is_permitted(LINK)
        assert not is_permitted(LINK.replace("sig=1", "sig=2"))
    assert is_permitted(LINK)


async def test_preview_holds_in_its_tasks_and_threads_and_in_no_other():
    async def ask():
        return is_permitted(LINK), await asyncio.to_thread(is_permitted, LINK)

    other = asyncio.create_task(ask())
    with previewing():
        inner = asyncio.create_task(ask())
    assert (await other, await inner) == ((True, True), (False, False))


def test_preview_may_read_the_own_account_and_is_one_again_after_it():
    with previewing():
        with reading_own_account():
            require_no_preview()
        with pytest.raises(RuntimeError, match="preview"):
            require_no_preview()


def test_preview_ends_with_its_failure():
    with pytest.raises(RuntimeError, match="preview"), previewing():
        require_no_preview()
    require_no_preview()

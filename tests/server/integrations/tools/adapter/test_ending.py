from server.integrations.tools.adapter.ending import Ending


async def test_first_reason_counts() -> None:
    ending = Ending()
    assert not ending.is_set
    ending.set("ended with status 1")
    ending.set("ended the connection")
    assert ending.is_set
    assert await ending.wait() == "ended with status 1"

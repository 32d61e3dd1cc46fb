import time

from server.integrations.tools.adapter.progress import make_report


async def test_progress_is_a_fraction_with_a_message_of_one_line():
    seen = []
    report = make_report(lambda fraction, message: seen.append((fraction, message)))
    await report(3, 4, "page\u202e 3")
    await report(9, 4, None)
    await report(9, None, "x")
    await report(1, 0, "x")
    assert seen == [(0.75, "page 3"), (1.0, ""), (None, "x"), (None, "x")]


def test_progress_that_nobody_polls_is_not_asked_for():
    assert make_report(None) is None


async def test_long_message_takes_little_time() -> None:
    reports: list[str] = []
    tell, begun = make_report(lambda _, message: reports.append(message)), time.thread_time()
    assert tell
    await tell(1, 2, "\u200b" * 1_000_000)
    assert (reports, time.thread_time() - begun < 0.5) == ([""], True)

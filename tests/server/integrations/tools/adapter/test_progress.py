from server.integrations.tools.adapter.progress import LONGEST_SOURCE, make_report


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


async def test_no_more_of_a_message_is_read_than_its_beginning() -> None:
    reports: list[str] = []
    report = make_report(lambda _, message: reports.append(message))
    assert report
    await report(1, 2, "\u200b" * LONGEST_SOURCE + "x")
    assert reports == [""]

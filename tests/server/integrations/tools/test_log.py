import time

from server.integrations.tools.log import LONGEST_LINE, MOST_LINES, UpstreamLog


def test_secrets_and_terminal_controls_are_not_in_the_log() -> None:
    log = UpstreamLog(["my-secret-value", "abc"])
    log.add("abc \x1b[31mtoken=my-secret-value Bearer abcdefgh\u202e")
    assert log.lines() == ["abc ␛[31mtoken=••• Bearer •••"]


def test_log_is_bounded() -> None:
    log = UpstreamLog()
    for number in range(2 * MOST_LINES):
        log.add(f"line {number}")
    log.add("x" * 10 * LONGEST_LINE)
    assert len(log.lines()) == MOST_LINES
    assert len(log.last) == LONGEST_LINE + 1
    log.add("\n\n")
    assert len(log.last) == LONGEST_LINE + 1


def test_long_texts_take_little_time() -> None:
    log, begun = UpstreamLog(), time.thread_time()
    log.add("x\r" * 32_768)
    assert time.thread_time() - begun < 0.2
    assert log.lines() == ["x"] * MOST_LINES

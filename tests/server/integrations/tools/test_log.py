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


def test_lines_keep_their_indentation() -> None:
    log = UpstreamLog(["my  secret"])
    log.add("Traceback:\n  File  a.py\n\tmy  secret  \n   \n")
    assert log.lines() == ["Traceback:", "  File  a.py", "    •••"]
    assert log.last == "•••"
    assert log.redact("  a\n  my  secret") == "a •••"

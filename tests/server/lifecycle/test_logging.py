import logging
import subprocess
import sys

import pytest

from server.lifecycle.logging import LogFile, Redaction, configure, file_logging


@pytest.fixture
def log():
    """A logger of its own."""
    log = logging.getLogger("server.test_of_the_log")
    yield log
    for log_filter in list(log.filters):
        log.removeFilter(log_filter)


def test_keys_and_tokens_are_redacted_in_the_log(caplog, log) -> None:
    log.addFilter(Redaction())
    try:
        raise ValueError("with ya29.a-token-of-googles")
    except ValueError:
        log.exception("the key dh_0123456789abcdef and %s", "Bearer abc.def")
    for secret in ("dh_0123", "abc.def", "a-token-of-googles"):
        assert secret not in caplog.text
    assert "the key •••" in caplog.text


def test_control_characters_are_escaped_in_the_log(caplog, log) -> None:
    log.addFilter(Redaction())
    log.warning("it said %s\nand more", "\x1b[2J\x9b31m\u202e")
    assert "it said ␛[2J\\u009b31m\\u202e\nand more" in caplog.text


def test_log_files_are_private_and_start_at_level_info(tmp_path, log) -> None:
    with file_logging(tmp_path):
        log.info("the server listens")
        log.debug("a detail")
        logging.getLogger("alembic").info("another's detail")
        logging.getLogger("alembic").warning("another's trouble")
    log.info("after the end")
    file = tmp_path / "deskhand.log"
    assert "another's detail" not in file.read_text()
    assert "another's trouble" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "the server listens" in file.read_text()
    assert "a detail" not in file.read_text()
    assert "after the end" not in file.read_text()


def test_console_shows_warnings_only(tmp_path, root) -> None:
    script = (
        "import logging, pathlib, sys; from server.lifecycle.logging import configure, file_logging; configure()\n"
        "with file_logging(pathlib.Path(sys.argv[1])): log = logging.getLogger('server'); log.info('quiet'); log.warning('loud')"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], cwd=root, capture_output=True, text=True, check=True)
    assert "loud" in done.stderr
    assert "quiet" not in done.stderr
    assert "quiet" in (tmp_path / "deskhand.log").read_text()


def test_log_is_rotated_into_a_few_files(tmp_path) -> None:
    handler = LogFile(tmp_path / "deskhand.log", largest=300, older=2)
    for number in range(50):
        handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": f"line {number}"}))
    handler.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deskhand.log", "deskhand.log.1", "deskhand.log.2"]
    assert all(path.stat().st_size <= 300 for path in tmp_path.iterdir())
    assert "line 49" in (tmp_path / "deskhand.log").read_text()


def test_unwritable_log_folder_is_reported_once(tmp_path, capsys) -> None:
    folder = tmp_path / "logs"
    folder.write_text("a file in its place")
    handler = LogFile(folder / "deskhand.log")
    for _ in range(3):
        handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "lost"}))
    assert capsys.readouterr().err.count("The log can't be written") == 1
    assert handler.problem
    folder.unlink()
    folder.mkdir()
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "found"}))
    handler.close()
    assert handler.problem is None
    assert "found" in (folder / "deskhand.log").read_text()


def test_full_disk_is_reported_and_logging_resumes_with_free_space(small_disk, capsys) -> None:
    handler = LogFile(small_disk.folder / "deskhand.log")
    small_disk.fill()
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "lost " * 10_000}))
    assert "No space left" in (handler.problem or "")
    small_disk.make_room()
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "there is room"}))
    handler.close()
    assert handler.problem is None
    assert "there is room" in (small_disk.folder / "deskhand.log").read_text()


def test_log_line_with_mismatched_arguments_is_written(tmp_path) -> None:
    handler = LogFile(tmp_path / "deskhand.log")
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "two %s of %s", "args": ("one",)}))
    handler.close()
    assert "two %s of %s" in (tmp_path / "deskhand.log").read_text()


def test_program_without_a_console_logs_to_files(tmp_path, root) -> None:
    script = (
        "import sys, logging, pathlib; sys.stdout = sys.stderr = None\n"
        "from server.lifecycle.logging import configure, file_logging; configure()\n"
        "with file_logging(pathlib.Path(sys.argv[1])): logging.warning('heard')"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], cwd=root, check=True)
    assert "heard" in (tmp_path / "deskhand.log").read_text()


def test_repeated_setup_has_no_effect() -> None:
    handlers = logging.getLogger().handlers[:]
    level = logging.getLogger().level
    try:
        configure()
        configure(verbose=True)
        assert len(logging.getLogger().handlers) == 1
        assert logging.getLogger().level == logging.INFO
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)

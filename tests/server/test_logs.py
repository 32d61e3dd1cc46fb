import logging
import subprocess
import sys
import time

import pytest

from server.logs import LogFile, Redaction, configure, kept, redact, redact_start

KEY = "9x_Qd5bKp2TzLwR8vN-4mYcF7sHj3GaUe6XkPoWi1Zt"  # 43 characters, as those of sessions have
SECRETS = [
    "dh_0123456789abcdef",
    "ya29.a0AfH6SMBx",
    "1//0gLongRefreshToken",
    "4/0AanRRrtT1vVyq_abcdefghij",
    "GOCSPX-abcDEF123_456",
    "2Yh4KqW9xZbTnR7mVcJd5fGsA1e_3pLuXwQzB8tYkNvM6rHjC",
    "cr_2Yh4KqW9xZbTnR7mVcJd5fGsA1e",
    "sk-proj-abcdefghijklmnop",
    "eyJhbGciOiJI.eyJzdWIi.c2ln",
    "eyJ-hbGciOiJI.eyJ-zdWIi.c2ln",
    KEY,
]


@pytest.fixture
def log():
    """A logger of its own."""
    log = logging.getLogger("server.test_of_the_log")
    yield log
    for one in list(log.filters):
        log.removeFilter(one)


def test_keys_and_tokens_do_not_stand_in_the_log(caplog, log) -> None:
    log.addFilter(Redaction())
    try:
        raise ValueError("with ya29.a-token-of-googles")
    except ValueError:
        log.exception("the key dh_0123456789abcdef and %s", "Bearer abc.def")
    for secret in ("dh_0123", "abc.def", "a-token-of-googles"):
        assert secret not in caplog.text
    assert "the key •••" in caplog.text


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_known_by_its_form(secret) -> None:
    assert redact(f"before {secret}, after") == "before •••, after"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET https://desk.example.org/oauth?code=abc&state=def HTTP/1.1", "GET https://desk.example.org/oauth?••• HTTP/1.1"),
        ("opened /enter?key=abc", "opened /enter?•••"),
        ('{"client_secret": "hunter2", "ok": 1}', '{"client_secret": "•••", "ok": 1}'),
        ("authtoken: hunter2", "authtoken: •••"),
        ("Cookie: deskhand_session=abc", "Cookie: •••"),
        ("POST /chatgpt/webhook/memory/fxWjwkHZt3bIpVqbCN2jQ1C9_66thRvH ok", "POST /chatgpt/webhook/memory/••• ok"),
    ],
)
def test_what_is_called_a_secret_and_every_query_is_taken_out(text, left) -> None:
    assert redact(text) == left


@pytest.mark.parametrize("text", ["Is it on? Yes.", "3f" * 32, "notes-on-the-quarter-in-forty-three-letters", "deskhand.db"])
def test_what_is_no_secret_stays(text) -> None:
    assert redact(text) == text


HOSTILE = [
    "eyJ-", "eyJaaaaaaaa.", "eyJaaaaaaaa.-eyJ", "-.eyJ", "dh_", "dh_aaaaaaa.", "ya29.", "1//", "4/", "4/a", "GOCSPX-",
    "ak_", "cr_a",
    "0a", "0aaaaaaaaaaaaaaaaaaaaa_", "sk-", "sk-a.", "Bearer ", "basic\t", "password", "password ", "token=", 'api_key:"',
    "aB-", "A-a ",
    "a?", "/?a", "a?b=", " ", '"', ".",
]  # fmt: skip


def spend(text: str) -> float:
    """Seconds of the processor that it takes to look through a text."""
    began = time.thread_time()
    redact(text)
    return time.thread_time() - began


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("end", ["", "a"])
def test_a_hostile_text_takes_as_much_longer_as_it_is_longer(piece, end) -> None:
    last = None
    for size in (2_000, 16_000, 128_000, 1_000_000):  # eight times as long each: where it were the square, 64 times as slow
        text = piece * (size // len(piece) // 2) + (end or piece) * (size // len(end or piece) // 2)
        spent = min(spend(text) for _ in range(2))
        assert last is None or spent < 24 * last + 0.02, f"{size} characters"
        last = spent


def test_the_start_of_a_text_holds_no_secret_that_goes_on_behind_it() -> None:
    key = "sk-" + "a" * 40
    assert redact_start(f"1234 {key} after", 10) == "1234 •••… (54 characters)"
    assert redact_start(f"{key} {key}", len(key) + 3) == "••• •••… (87 characters)"
    assert redact_start(f"{key} ok", 100) == "••• ok"
    assert redact_start("x" * 3_000_000 + key, 5) == "xxxxx… (3000043 characters)"


def test_what_would_steer_a_terminal_is_shown_in_the_log(caplog, log) -> None:
    log.addFilter(Redaction())
    log.warning("it said %s\nand more", "\x1b[2J\x9b31m\u202e")
    assert "it said ␛[2J\\u009b31m\\u202e\nand more" in caplog.text


def test_the_log_lies_in_files_for_this_person_alone_from_info_on(tmp_path, log) -> None:
    with kept(tmp_path):
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


def test_the_console_hears_warnings_only(tmp_path, root) -> None:
    script = (
        "import logging, pathlib, sys; from server import logs; logs.configure()\n"
        "with logs.kept(pathlib.Path(sys.argv[1])): log = logging.getLogger('server'); log.info('quiet'); log.warning('loud')"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], cwd=root, capture_output=True, text=True, check=True)
    assert "loud" in done.stderr
    assert "quiet" not in done.stderr
    assert "quiet" in (tmp_path / "deskhand.log").read_text()


def test_a_long_log_is_kept_in_a_few_files(tmp_path) -> None:
    handler = LogFile(tmp_path / "deskhand.log", largest=300, older=2)
    for number in range(50):
        handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": f"line {number}"}))
    handler.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deskhand.log", "deskhand.log.1", "deskhand.log.2"]
    assert all(path.stat().st_size <= 300 for path in tmp_path.iterdir())
    assert "line 49" in (tmp_path / "deskhand.log").read_text()


def test_a_folder_that_takes_no_log_is_told_once_and_forgiven(tmp_path, capsys) -> None:
    folder = tmp_path / "logs"
    folder.write_text("a file in its place")
    handler = LogFile(folder / "deskhand.log")
    for _ in range(3):
        handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "lost"}))
    assert capsys.readouterr().err.count("The log cannot be written") == 1
    assert handler.problem
    folder.unlink()
    folder.mkdir()
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "found"}))
    handler.close()
    assert handler.problem is None
    assert "found" in (folder / "deskhand.log").read_text()


def test_a_full_disk_is_told_and_the_log_goes_on_when_there_is_room(small_disk, capsys) -> None:
    handler = LogFile(small_disk.folder / "deskhand.log")
    small_disk.fill()
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "lost " * 10_000}))
    assert "No space left" in (handler.problem or "")
    small_disk.make_room()
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "there is room"}))
    handler.close()
    assert handler.problem is None
    assert "there is room" in (small_disk.folder / "deskhand.log").read_text()


def test_a_line_that_does_not_fit_its_arguments_is_kept(tmp_path) -> None:
    handler = LogFile(tmp_path / "deskhand.log")
    handler.handle(logging.makeLogRecord({"levelno": logging.WARNING, "msg": "two %s of %s", "args": ("one",)}))
    handler.close()
    assert "two %s of %s" in (tmp_path / "deskhand.log").read_text()


def test_a_program_without_a_console_logs_all_the_same(tmp_path, root) -> None:
    script = (
        "import sys, logging, pathlib; sys.stdout = sys.stderr = None; from server import logs; logs.configure()\n"
        "with logs.kept(pathlib.Path(sys.argv[1])): logging.warning('heard')"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], cwd=root, check=True)
    assert "heard" in (tmp_path / "deskhand.log").read_text()


def test_setting_up_twice_is_setting_up_once() -> None:
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

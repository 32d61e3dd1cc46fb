import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, model_validator

from server.core.errors import InvalidInput, Unavailable
from server.storage.settings import SETTINGS_FILE, Settings


class Account(BaseModel):
    name: str = ""
    colours: dict[str, str] = {}


class Mail(BaseModel):
    model_config = ConfigDict(extra="forbid")
    signature: str = "Regards"
    accounts: list[str] = []
    first: Account = Account()


class NewerAccount(Account):
    nickname: str = "nick"


class NewerMail(Mail):
    font: str = "serif"
    first: NewerAccount = NewerAccount()


class Consistent(BaseModel):
    low: int = 1
    high: int = 2

    @model_validator(mode="after")
    def check_order(self) -> "Consistent":
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


def write(settings: Settings, section: str, value: BaseModel) -> None:
    asyncio.run(settings.write(section, value))


def test_missing_section_has_the_models_defaults(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    assert settings.read("mail", Mail) == Mail()
    assert settings.problem is None
    assert not tmp_path.joinpath(SETTINGS_FILE).exists()


def test_written_section_is_read_at_once_and_after_a_restart(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    write(settings, "mail", Mail(signature="Yours", accounts=["a", "b"]))
    write(settings, "other", Account(name="x"))
    write(settings, "mail", Mail(signature="Yours", accounts=["b"], first=Account(colours={"sky": "blue"})))
    for reader in (settings, Settings(tmp_path)):
        assert reader.read("mail", Mail) == Mail(signature="Yours", accounts=["b"], first=Account(colours={"sky": "blue"}))
        assert reader.read("other", Account).name == "x"


def test_removed_key_stays_removed(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    write(settings, "mail", Mail(first=Account(colours={"sky": "blue", "sea": "green"})))
    write(settings, "mail", Mail(first=Account(colours={"sea": "green"})))
    assert Settings(tmp_path).read("mail", Mail).first.colours == {"sea": "green"}


def test_fields_of_a_newer_version_survive_an_older_one(tmp_path: Path) -> None:
    write(Settings(tmp_path), "mail", NewerMail(font="mono", first=NewerAccount(name="a", nickname="al")))
    older = Settings(tmp_path)
    mail = older.read("mail", Mail)
    assert (mail.first.name, older.problem) == ("a", None)
    write(older, "mail", Mail(signature="Yours", first=Account(name="b")))
    stored = json.loads(tmp_path.joinpath(SETTINGS_FILE).read_text())["mail"]["1"]
    assert stored == {
        "signature": "Yours",
        "accounts": [],
        "font": "mono",
        "first": {"name": "b", "colours": {}, "nickname": "al"},
    }


def test_changing_a_read_section_changes_no_stored_one(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    mail = Mail(accounts=["a"])
    write(settings, "mail", mail)
    mail.accounts.append("b")
    settings.read("mail", Mail).accounts.append("c")
    assert settings.read("mail", Mail).accounts == ["a"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")
def test_settings_file_is_private(tmp_path: Path) -> None:
    write(Settings(tmp_path), "mail", Mail())
    assert tmp_path.joinpath(SETTINGS_FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [SETTINGS_FILE]


@pytest.mark.parametrize(
    "content", [b"", b'{"mail": ', b"[]", b'{"mail": 3}', b'{"mail": {"x": {}}}', b'{"mail": {"1": 2}}', b"\xff\xfe", b"[" * 9999]
)
def test_broken_file_is_kept_aside_and_reported(tmp_path: Path, content: bytes) -> None:
    tmp_path.joinpath(SETTINGS_FILE).write_bytes(content)
    settings = Settings(tmp_path, lambda: datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC))
    aside = tmp_path / "settings.broken-2026-11-21T040506Z.json"
    assert aside.read_bytes() == content
    assert settings.read("mail", Mail) == Mail()
    assert settings.problem
    assert aside.name in settings.problem
    write(settings, "mail", Mail(signature="new"))
    assert Settings(tmp_path).read("mail", Mail).signature == "new"


def test_invalid_value_is_replaced_alone(tmp_path: Path) -> None:
    stored = {"mail": {"1": {"signature": ["no", "text"], "accounts": ["a"]}}, "range": {"1": {"low": 7}}}
    tmp_path.joinpath(SETTINGS_FILE).write_text(json.dumps(stored))
    settings = Settings(tmp_path)
    assert settings.read("mail", Mail) == Mail(accounts=["a"])
    assert settings.problem == "Some settings of mail could not be read, so their defaults apply."
    assert settings.read("range", Consistent) == Consistent()


def test_full_disk_changes_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limit.")
    settings = Settings(tmp_path)
    write(settings, "mail", Mail(signature="old"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, before[1]))
    try:
        with pytest.raises(Unavailable, match="disk is full"):
            write(settings, "mail", Mail(signature="x" * 5_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    write(settings, "other", Account(name="later"))
    for reader in (settings, Settings(tmp_path)):
        assert reader.read("mail", Mail).signature == "old"
    assert [file.name for file in tmp_path.iterdir()] == [SETTINGS_FILE]


async def test_simultaneous_writers_lose_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path)

    await asyncio.gather(*(settings.write(f"section{i % 10}", Account(name=f"{i}")) for i in range(50)))
    again = Settings(tmp_path)
    assert [again.read(f"section{i}", Account).name for i in range(10)] == [f"{40 + i}" for i in range(10)]


WRITER = """
import asyncio, itertools
from pathlib import Path
from pydantic import BaseModel
from server.storage.settings import Settings

class Progress(BaseModel):
    number: int = 0
    padding: str = ""

async def write_on(settings):
    first = settings.read("progress", Progress).number
    for number in itertools.count(first + 1):
        await settings.write("progress", Progress(number=number, padding="x" * (number % 7) * 10_000))
        say(number)

def live(folder):
    asyncio.run(write_on(Settings(Path(folder))))
"""


@pytest.mark.timeout(1_200)
def test_acknowledged_settings_survive_kills(tmp_path: Path, live_and_die: Any, kills: int) -> None:
    class Progress(BaseModel):
        number: int = 0

    for _ in range(kills // 20):
        acknowledged = [int(line) for line in live_and_die(WRITER, tmp_path, 20)]
        settings = Settings(tmp_path)
        assert settings.problem is None
        assert settings.read("progress", Progress).number >= max(acknowledged)
        assert acknowledged == sorted(set(acknowledged))
    assert len(list(tmp_path.iterdir())) <= 2


async def test_simultaneous_changes_of_a_section_are_both_kept(tmp_path: Path) -> None:
    settings = Settings(tmp_path)

    async def add(name: str) -> None:
        def put(mail: Mail) -> Mail:
            return mail.model_copy(update={"accounts": [*mail.accounts, name]})

        await settings.change("mail", Mail, put)

    await asyncio.gather(*(add(name) for name in "abcdef"))
    assert sorted(Settings(tmp_path).read("mail", Mail).accounts) == list("abcdef")


def test_change_that_is_refused_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    write(settings, "mail", Mail(signature="Yours"))

    def refuse(_: Mail) -> Mail:
        raise InvalidInput("No.")

    with pytest.raises(InvalidInput):
        asyncio.run(settings.change("mail", Mail, refuse))
    assert settings.read("mail", Mail).signature == "Yours"


def test_shared_value_is_one_until_the_next_change(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    usual = settings.read_shared("mail", Mail)
    assert settings.read_shared("mail", Mail) is usual
    assert settings.read_shared("other", Mail) is not usual
    write(settings, "mail", Mail(accounts=["a"]))
    changed = settings.read_shared("mail", Mail)
    assert changed.accounts == ["a"]
    assert settings.read_shared("mail", Mail) is changed
    write(settings, "other", Mail())
    assert settings.read_shared("mail", Mail) is changed

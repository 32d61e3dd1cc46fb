import pytest

from server.integrations.tools.config.entry import Entry, EntryError, read_entry


def read(**fields: object) -> Entry:
    return read_entry("crm", fields, "crm")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"command": ""}, "needs a url"),
        ({"command": []}, "needs a url"),
        ({"command": [""]}, "it needs a command that starts it."),
        ({"command": "x\ny"}, "must be a text of one line"),
        ({"command": "x", "args": "y"}, "must be a list"),
        ({"command": "x", "args": ["a\0b"]}, "must be a text"),
        ({"command": "x", "args": ["y"] * 1_000}, "at most 200"),
        ({"command": "x", "args": ["y" * 100_000]}, "must be a text"),
        ({"command": "x 'y"}, "open quotation mark"),
        ({"command": "x", "env": ["A"]}, "must be an object"),
        ({"command": "x", "env": {"A": {}}}, "its “env.A” must be a text"),
        ({"command": "x", "env": {"A=B": "c"}}, "cannot be the name of a variable"),
        ({"command": "x", "env": {"LD PRELOAD": "c"}}, "cannot be the name of a variable"),
        ({"command": "x", "disabled": "no"}, "must be true or false"),
        ({"url": "ftp://h"}, "must begin with https:// or http://"),
        ({"url": "https://"}, "must begin with https:// or http://"),
        ({"url": "file:///etc/passwd"}, "must begin with https:// or http://"),
        ({"url": "https://h/a b"}, "must begin with https:// or http://"),
        ({"url": "https://h\\@evil/"}, "must begin with https:// or http://"),
        ({"url": "https://user:pw@h/"}, "contains a password"),
        ({"url": "https://h:99999/"}, "is not valid"),
        ({"url": "https://[::1/"}, "is not valid"),
        ({"url": "https://h/", "headers": {"A": "b\r\nHost: evil"}}, "cannot be sent"),
        ({"url": "https://h/", "headers": {"A\r\nB": "c"}}, "cannot be sent"),
        ({"url": "https://h/", "headers": {"Host": "evil"}}, "cannot be sent"),
        ({"url": "https://h/", "headers": {"Mcp-Session-Id": "1"}}, "cannot be sent"),
        ({"url": "https://h/", "headers": {"A": "1", "a": "2"}}, "the same header twice"),
        ({"url": 5}, "must be a text of one line"),
    ],
)
def test_hostile_entry_is_refused_in_a_sentence(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(EntryError) as caught:
        read(**fields)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("“crm” was not added: ")


def test_path_with_spaces_is_not_split() -> None:
    assert read(command="/opt/my program/run").config.command == "/opt/my program/run"
    assert read(command="C:\\Program Files\\x.exe").config.command == "C:\\Program Files\\x.exe"


def test_secret_among_the_arguments_is_noted() -> None:
    assert "looks like a secret" in read(command="x", args=["--key=sk-abcdefghij0123456789"]).notes[0]


def test_headers_of_the_sdk_format_are_read() -> None:
    entry = read(url="https://h/", requestInit={"headers": {"X-Key": "a"}})
    assert entry.headers == {"X-Key": "a"}


@pytest.mark.parametrize(("fields", "enabled"), [({}, True), ({"disabled": True}, False), ({"enabled": False}, False)])
def test_disabled_server_is_read_as_such(fields: dict[str, object], enabled: bool) -> None:
    assert read(command="x", **fields).config.enabled is enabled

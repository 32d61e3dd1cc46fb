"""`deskhand gmail` against a running server, with a browser that answers by itself."""

import json
import re
import threading
import webbrowser
from urllib.parse import urlsplit

import click.testing
import pytest

from server.commandline.client import connect
from server.core.errors import DeskhandError
from server.integrations.gmail.commands import describe_status, gmail, sign_in, sign_out
from tests import loopback

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"


def person_in_front_of(address: str, answer: str = "continue") -> None:
    """Answer Google's page."""
    page = loopback.get(address).text
    ticket = page.partition('name="ticket" value="')[2].partition('"')[0]
    scopes = re.findall(r'value="(https://[^"]*gmail\.[^"]*)"', page)
    form = {"ticket": ticket, "account": ALEX, "scope": scopes, "answer": answer}
    google = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    back = loopback.post(f"{google}/o/oauth2/consent", data=form).headers["location"]
    loopback.get(back)


def browse(address: str, answer: str = "continue") -> threading.Thread:
    browser = threading.Thread(target=person_in_front_of, args=(address, answer))
    browser.start()
    return browser


def run(demo, *arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(gmail, [*arguments, "--data-dir", str(demo.data)], obj=connect)


@pytest.fixture
def call(demo):
    def call(method, path, body=None):
        answer = demo.person(method, path, json=body)
        if answer.status_code >= 400:
            raise DeskhandError(answer.json()["detail"])
        return answer.json()

    return call


def test_sign_in_waits_for_the_browser(demo, call):
    browsers = []
    message = sign_in(call, show=lambda address: browsers.append(browse(address)), poll_seconds=0.05)
    assert message == f"{ALEX} is signed in."
    browsers[0].join()


def test_denial_ends_the_wait(demo, call):
    browsers = []
    with pytest.raises(DeskhandError, match="denied"):
        sign_in(call, show=lambda address: browsers.append(browse(address, "refuse")), poll_seconds=0.05)
    browsers[0].join()


def test_wait_has_a_timeout(demo, call):
    with pytest.raises(DeskhandError, match="was not completed"):
        sign_in(call, show=lambda address: None, seconds=0.2, poll_seconds=0.05)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"web": {}}', "Desktop app"),
        (b'\xef\xbb\xbf{"web": {}}', "Desktop app"),
        (b"\xff\xfe\x00", "This is not the file that Google offers"),
    ],
)
def test_credentials_are_sent_first(demo, call, tmp_path, content, sentence):
    file = tmp_path / "client.json"
    file.write_bytes(content)
    with pytest.raises(DeskhandError, match=sentence):
        sign_in(call, show=lambda address: None, credentials=file)


def test_browser_is_opened_unless_disabled(demo, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(browse(address)))
    done = run(demo, "sign-in")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, f"{ALEX} is signed in.")
    assert "/o/oauth2/auth?" in done.output
    opened[0].join()


def test_status_is_printed_as_text_and_json(demo):
    assert run(demo, "status").output.splitlines() == [
        f"{ALEX}: may read, send, label and trash",
        f"{OTHER}: may read, send, label and trash",
    ]
    assert [account["address"] for account in json.loads(run(demo, "status", "--json").output)["accounts"]] == [ALEX, OTHER]


def test_account_is_signed_out_by_name_and_the_last_one_without(demo):
    assert run(demo, "sign-out", ALEX, "--yes").output == f"{ALEX} is signed out.\n"
    assert run(demo, "sign-out", "--yes").output == f"{OTHER} is signed out.\n"
    assert "not signed in" in run(demo, "status").output


def test_sign_out_needs_a_name_with_several_accounts(call):
    with pytest.raises(DeskhandError, match=f"{ALEX}, {OTHER}"):
        sign_out(call, None)


def test_sign_out_without_an_account_is_reported(demo, call):
    for account in (ALEX, OTHER):
        sign_out(call, account)
    with pytest.raises(DeskhandError, match="No account"):
        sign_out(call, None)


def test_problem_is_printed_with_its_sentence():
    account = {"address": ALEX, "problem": "Sign in again.", "can_read": True, "can_send": True, "can_change": True}
    assert describe_status({"accounts": [account], "message": ""}) == [f"{ALEX}: Sign in again."]


def test_missing_server_is_reported(tmp_path):
    done = click.testing.CliRunner().invoke(gmail, ["status", "--data-dir", str(tmp_path)], obj=connect)
    assert isinstance(done.exception, DeskhandError)
    assert "not running" in done.exception.detail


def test_every_command_has_an_example():
    for name in gmail.commands:
        assert f"deskhand gmail {name}" in click.testing.CliRunner().invoke(gmail, [name, "--help"]).output

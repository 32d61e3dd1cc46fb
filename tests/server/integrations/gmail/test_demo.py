"""Demo mode begins signed in, with mail, and reaches nothing but this computer."""

from server.integrations.gmail.models import GmailSettings
from server.storage.settings import Settings

ALEX, OTHER = "alex@example.com", "alex.morgan@example.org"


def test_both_demo_accounts_are_signed_in_at_the_fake(demo):
    status = demo.call("GET", "/gmail/auth/status").json()
    assert [
        (account["address"], account["can_read"], account["can_send"], account["can_change"]) for account in status["accounts"]
    ] == [
        (ALEX, True, True, True),
        (OTHER, True, True, True),
    ]
    settings = Settings(demo.data).read("gmail", GmailSettings)
    assert all(address.startswith("http://127.0.0.1:") for address in settings.endpoints.model_dump().values())


def test_both_demo_accounts_have_mail(demo):
    for account in (ALEX, OTHER):
        assert demo.call("GET", f"/gmail/messages?max_results=1&account={account}").json()


def test_second_start_of_the_demo_is_equivalent(serve, tmp_path):
    first = serve(demo=True)
    assert first.background.stop()
    second = serve(first.data, demo=True)
    assert second.call("GET", "/gmail/messages?max_results=1").status_code == 200


def test_real_google_is_used_outside_of_demo_mode(serve):
    real = serve()
    client = {"client_id": "client-id-of-mine", "client_secret": "secret-of-mine"}
    assert real.person("POST", "/api/gmail/credentials", json=client).status_code == 200
    address = real.person("POST", "/api/gmail/sign-in").json()["address"]
    assert address.startswith("https://accounts.google.com/")

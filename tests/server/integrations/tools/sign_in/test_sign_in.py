import pytest

from server.core.errors import SignInNeeded, Unavailable
from server.integrations.tools.sign_in.sign_in import Refusal, SignIn
from server.integrations.tools.sign_in.stored import Grant, GrantStore
from server.storage.secrets import Secrets

GRANT = Grant(binding="binding", tokens={"access_token": "access"})


@pytest.fixture
def changes() -> list[None]:
    return []


@pytest.fixture
def sign_in(tmp_path, changes) -> SignIn:
    store = GrantStore(Secrets(tmp_path, folder_only=True))
    return SignIn(store, "notes", "Notes", "binding", lambda: changes.append(None))


async def test_token_that_comes_after_signing_out_is_not_stored(sign_in, tmp_path):
    await sign_in.save(GRANT)
    await sign_in.forget()
    await sign_in.save(GRANT)
    assert not sign_in.is_signed_in
    assert "access" not in (tmp_path / "secrets.json").read_text()


def test_refusal_is_published_once_until_the_server_accepts(sign_in, changes):
    for _ in range(3):
        sign_in.note_refusal(Refusal(401))
    assert len(changes) == 1
    for _ in range(3):
        sign_in.note_success()
    assert len(changes) == 2


@pytest.mark.parametrize(
    ("refusal", "status", "sentence"),
    [
        (Refusal(401), 401, "“Notes” needs you to sign in"),
        (Refusal(401), 400, "“Notes” needs you to sign in"),
        (Refusal(403), 403, "“Notes” needs more permissions"),
    ],
)
def test_refusal_is_explained_with_what_to_do(sign_in, refusal, status, sentence):
    sign_in.note_refusal(refusal)
    error = sign_in.explain(status)
    assert isinstance(error, SignInNeeded)
    assert error.detail.startswith(sentence)
    assert "tools sign-in notes`" in error.detail


def test_failure_that_is_not_about_the_sign_in_is_not_explained(sign_in):
    assert sign_in.explain(401) is None
    sign_in.note_refusal(Refusal(403))
    assert sign_in.explain(500) is None


def test_renewal_that_may_work_later_asks_for_no_sign_in(sign_in):
    sign_in.note_refusal(Refusal(401), "its server is down.")
    assert isinstance(sign_in.explain(401), Unavailable)

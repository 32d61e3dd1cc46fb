import pytest

from server.core.errors import InvalidInput, NotFound
from server.core.items import convert_item
from server.integrations.omi.models import Kind
from server.integrations.omi.sources import view
from server.sdk.approval_requests import ApprovalDuration
from tests.server.integrations.omi.pendant import make_memory


def test_new_uid_is_asked_about_once(new_pendant) -> None:
    for number in range(2):
        new_pendant.send(make_memory(f"c{number}"), uid="new-one")
    (question,) = new_pendant.questions()
    fields = dict(question.fields)
    assert (fields["uid"], fields["First delivery"], fields["Through"]) == ("new-one", "a conversation", "a test")
    assert new_pendant.omi.sources.waiting == 1


def test_uid_named_by_a_client_is_asked_about_in_the_clients_name(new_pendant) -> None:
    new_pendant.send(make_memory(), uid="new-one", client="c-1", client_name="My GPT")
    (question,) = new_pendant.questions()
    assert (question.client, question.sentence) == (
        "My GPT",
        "store conversations for the OMI account new-one, so that your clients can read them",
    )


def test_approval_is_plain_and_used_once(new_pendant) -> None:
    new_pendant.send(make_memory())
    (question,) = new_pendant.questions()
    questions, run = new_pendant.context.approval_requests, new_pendant.run
    with pytest.raises(InvalidInput):
        run(questions.approve(question.id, ApprovalDuration.always))
    assert "me" in run(questions.approve(question.id))
    for again in (questions.approve(question.id), questions.deny(question.id)):
        with pytest.raises(NotFound):
            run(again)


def test_forgotten_uid_is_asked_about_again(pendant, tmp_path) -> None:
    pendant.send(b"\0\0", Kind.audio, rate=8_000)
    pendant.send(make_memory())
    pendant.run(pendant.omi.sources.forget("me"))
    assert list((tmp_path / "data" / "files" / "omi").iterdir()) == []
    pendant.send(make_memory())
    assert len(pendant.questions()) == 1


@pytest.mark.parametrize("decide", ["forget", "deny"])
def test_uid_stays_as_long_as_its_sound_cannot_be_removed(new_pendant, tmp_path, decide) -> None:
    new_pendant.send(b"\0\0", Kind.audio, rate=8_000)
    (question,) = new_pendant.questions()
    (file,) = (tmp_path / "data" / "files" / "omi").iterdir()
    file.unlink()
    file.mkdir()  # such a name cannot be removed as a file
    sources = new_pendant.omi.sources
    with pytest.raises(OSError, match=file.name):
        new_pendant.run(sources.forget("me") if decide == "forget" else sources.deny(question.id, ""))
    assert new_pendant.questions() == [question]
    file.rmdir()
    new_pendant.run(sources.forget("me"))
    assert new_pendant.questions() == []


def test_row_of_a_restored_backup_hides_no_other() -> None:
    row = {"question": "omi-1", "uid": "u", "first_kind": "strange", "first_at": "then", "first_client": "", "form": "f"}
    shown = convert_item(row | {"kept_aside": 0}, view, lambda _: None)
    assert shown
    assert dict(shown.fields)["First delivery"] == "something unknown"

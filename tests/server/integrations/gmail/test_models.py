"""Request models."""

import pytest
from pydantic import ValidationError

from server.integrations.gmail.models import DraftMail, GmailSettings, NewMail, Reply


def test_recipients_may_be_a_string_or_a_list():
    assert NewMail(to="bob@example.com", subject="s", body="b").to == ["bob@example.com"]
    assert NewMail(to=["a@example.com", "b@example.com"], cc="c@example.com", subject="s", body="b").cc == ["c@example.com"]


def test_chatgpt_file_is_documented_as_string_and_accepted_as_object():
    described = NewMail.model_json_schema()["properties"]["openaiFileIdRefs"]
    assert (described["type"], described["items"]) == ("array", {"type": "string"})
    link = {"name": "a.csv", "id": "file-1", "mime_type": "text/csv", "download_link": "https://files.example.com/a"}
    (file,) = NewMail(to="bob@example.com", subject="s", body="b", openaiFileIdRefs=[link]).openaiFileIdRefs
    assert (file.name, file.mime_type, file.download_link) == ("a.csv", "text/csv", "https://files.example.com/a")
    (file,) = DraftMail(openaiFileIdRefs=["file-1"]).openaiFileIdRefs
    assert file.download_link == "file-1"


def test_document_has_one_type_for_each_field():
    for model in (NewMail, Reply, DraftMail):
        described = model.model_json_schema()["properties"]
        unions = {
            name: [option.get("type") for option in schema["anyOf"]] for name, schema in described.items() if "anyOf" in schema
        }
        assert all(sorted(types) == ["null", "string"] for types in unions.values()), unions


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": 1},
        {"to": [None]},
        {"to": {}},
        {"subject": None},
        {"body": "x" * 1_000_001},
        {"cc": ["a@example.com"] * 501},
        {"openaiFileIdRefs": [1]},
        {"openaiFileIdRefs": ["https://x.example"] * 11},
        {"openaiFileIdRefs": [{"name": "no link"}]},
        {"attachments": [{"name": "", "content": ""}]},
        {"attachments": "a.txt"},
        {"body": "\ud800"},
    ],
    ids=range(12),
)
def test_invalid_file_reference_is_refused(wrong):
    with pytest.raises(ValidationError):
        NewMail(**{"to": "bob@example.com", "subject": "s", "body": "b", **wrong})


@pytest.mark.parametrize("wrong", ["../x", "a/b", "a b", "", "x" * 129, "a\n", "é"])
def test_id_cannot_change_the_path(wrong):
    with pytest.raises(ValidationError):
        Reply(thread_id=wrong, body="b")


def test_settings_have_defaults():
    assert (GmailSettings().accounts, GmailSettings().timeout_seconds) == ([], 30)

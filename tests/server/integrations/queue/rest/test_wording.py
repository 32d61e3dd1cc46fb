from server.integrations.queue.rest import wording
from server.sdk.operation import Wording

WORDINGS = [value for value in vars(wording).values() if isinstance(value, Wording)]


def test_every_wording_has_a_title_a_description_and_all_forms_of_its_sentences() -> None:
    assert len(WORDINGS) == 12
    for item in WORDINGS:
        assert item.title and item.description.endswith(".")
        assert all(form for sentence in item.sentences for form in sentence.forms)


def test_sentences_of_operations_need_no_arguments() -> None:
    assert [name for item in WORDINGS for sentence in item.sentences for name in sentence.names()] == []

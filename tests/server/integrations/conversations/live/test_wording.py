from server.core.sentences import Sentence
from server.integrations.conversations.live import wording as chat_wording
from server.sdk.operation import Wording


def test_sentences_have_all_forms_without_a_full_stop() -> None:
    wordings = [value for value in vars(chat_wording).values() if isinstance(value, Wording)]
    sentences = [value for value in vars(chat_wording).values() if isinstance(value, Sentence)]
    sentences += [sentence for wording in wordings for sentence in wording.sentences]
    assert len(sentences) > 10
    for sentence in sentences:
        assert all(form and not form.endswith(".") for form in sentence.forms), sentence

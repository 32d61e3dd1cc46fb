from server.core.sentences import Sentence
from server.integrations.omi import wording
from tests.server.core.wording import check_sentence, check_wording


def test_sentences_have_all_forms():
    for sentence in [value for value in vars(wording).values() if isinstance(value, Sentence)]:
        check_sentence(sentence)


def test_texts_for_people_are_complete():
    for texts in [value for value in vars(wording).values() if isinstance(value, wording.Wording)]:
        check_wording(texts)

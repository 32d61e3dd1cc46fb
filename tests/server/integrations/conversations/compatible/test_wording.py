"""Texts about the operations of /v1."""

import pytest

from server.integrations.conversations.compatible.wording import ASK, LOOK, READ, TALK
from server.sdk.operation import Wording


@pytest.mark.parametrize("wording", [TALK, LOOK, READ])
def test_wording_has_every_form_of_its_sentence(wording: Wording) -> None:
    assert all(form for sentence in wording.sentences for form in sentence.forms)
    assert not any(sentence.names() for sentence in wording.sentences), "a request may name no model"


def test_question_names_the_model() -> None:
    assert ASK.fill(model="gpt-6-luna").done == "asked gpt-6-luna at OpenAI"

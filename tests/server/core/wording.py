"""Checks of the texts about operations."""

from server.core.sentences import Sentence
from server.sdk.operation import Wording

LONGEST_FORM, LONGEST_TITLE = 80, 40


def check_sentence(sentence: Sentence) -> None:
    requested, running, done, failed = sentence.forms
    assert running.startswith("is "), requested
    assert failed == f"could not {requested}"
    assert done.split()[0] != requested.split()[0] or requested.startswith("read"), requested
    assert all(Sentence(form).names() == sentence.names() for form in sentence.forms), requested
    assert not any(form.endswith(".") or len(form) > LONGEST_FORM for form in sentence.forms), requested


def check_wording(wording: Wording) -> None:
    assert wording.title[0].isupper(), wording
    assert len(wording.title) < LONGEST_TITLE, wording
    assert wording.description.endswith("."), wording
    assert wording.sentences, wording
    for sentence in wording.sentences:
        check_sentence(sentence)

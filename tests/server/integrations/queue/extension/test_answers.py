import pytest

from server.core.errors import InvalidInput
from server.integrations.queue.extension import answers
from server.integrations.queue.extension.answers import PartialAnswer


def test_pieces_are_appended_and_sent_again_from_any_offset():
    answer = PartialAnswer()
    texts = [answer.write(0, "Hel"), answer.write(3, "lo"), answer.write(1, "ey"), answer.write(0, "")]
    assert texts == ["Hel", "Hello", "Hey", ""]


def test_piece_behind_a_gap_is_refused_with_where_to_go_on():
    answer = PartialAnswer()
    answer.write(0, "Hel")
    with pytest.raises(InvalidInput, match="from 3"):
        answer.write(4, "o")
    assert answer.progress == "Hel"


def test_parts_are_the_answer_when_the_response_has_no_text():
    answer = PartialAnswer()
    answer.write(0, "only partial")
    answer.add_part(0, "Hel", last=False)
    answer.add_part(1, "lo", last=True)
    assert [answer.finish(None), answer.finish(""), answer.finish("Short")] == ["Hello", "Hello", "Short"]
    assert PartialAnswer().finish(None) == ""


def test_parts_begin_anew_with_the_first():
    answer = PartialAnswer()
    answer.add_part(0, "Half", last=False)
    answer.add_part(0, "Whole", last=True)
    assert answer.finish("") == "Whole"


def test_incomplete_answer_is_refused():
    answer = PartialAnswer()
    answer.add_part(0, "Hel", last=False)
    with pytest.raises(InvalidInput, match="from part 0"):
        answer.finish("")
    for index in (2, 5):
        with pytest.raises(InvalidInput, match="out of order"):
            answer.add_part(index, "lo", last=True)


def test_parts_after_the_last_are_refused():
    answer = PartialAnswer()
    answer.add_part(0, "Hello", last=True)
    with pytest.raises(InvalidInput, match="out of order"):
        answer.add_part(1, "!", last=True)


def test_answer_has_a_size_and_a_number_of_parts(monkeypatch):
    monkeypatch.setattr(answers, "LONGEST_ANSWER", 10)
    monkeypatch.setattr(answers, "MOST_PARTS", 3)
    answer = PartialAnswer()
    with pytest.raises(InvalidInput, match="at most"):
        answer.write(0, "x" * 11)
    answer.write(0, "x" * 8)
    with pytest.raises(InvalidInput, match="at most"):
        answer.write(8, "x" * 3)
    answer.add_part(0, "x" * 10, last=False)
    with pytest.raises(InvalidInput, match="at most"):
        answer.add_part(1, "x", last=False)
    for index in range(3):
        answer.add_part(index, "x", last=False)
    with pytest.raises(InvalidInput, match="at most"):
        answer.add_part(3, "", last=False)

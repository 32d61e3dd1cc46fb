"""Answers of the fake's language model."""

from server.integrations.conversations.fake.model_answers import LanguageModel, Reply, count_tokens, limit

TOOL = {
    "name": "lookup",
    "parameters": {"properties": {"q": {"type": "string"}, "n": {"type": "integer"}}, "required": ["q", "n"]},
}


def test_answer_is_the_same_each_time_and_repeats_the_question():
    first, second = (LanguageModel().reply([("user", "Why is the sky blue?")]) for _ in range(2))
    assert first == second
    assert "Why is the sky blue?" in first.text


def test_function_is_called_if_it_is_demanded_or_named():
    model = LanguageModel()
    assert model.reply([("user", "Hello")], [TOOL]).function == ""
    assert model.reply([("user", "Please lookup this")], [TOOL]).arguments == {"q": "Please lookup this", "n": 1}
    assert model.reply([("user", "Hello")], [TOOL], "required").function == "lookup"
    assert model.reply([("user", "lookup")], [TOOL], "none").function == ""
    assert model.reply([("user", "Hello")], [TOOL], {"type": "function", "name": "lookup"}).function == "lookup"
    assert "42" in model.reply([("user", "lookup"), ("tool", "42")], [TOOL]).text


def test_scripted_replies_come_first():
    model = LanguageModel()
    model.scripted += ["One", Reply("Two")]
    assert [model.reply([("user", "x")]).text for _ in range(2)] == ["One", "Two"]


def test_answer_is_cut_at_its_limit():
    pieces, is_cut = limit(Reply("word " * 100), 16)
    assert is_cut
    assert count_tokens("".join(pieces)) <= 16
    assert limit(Reply("short"), 16) == (["short"], False)

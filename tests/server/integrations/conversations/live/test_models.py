from server.integrations.conversations.live.models import OPEN, AnswerState, make_message_id


def test_ids_of_messages_are_their_own() -> None:
    assert len({make_message_id() for _ in range(100)}) == 100


def test_open_answers_are_those_that_may_still_come() -> None:
    assert set(OPEN) == {AnswerState.waiting, AnswerState.running}

from server.core.errors import UpstreamFailed
from server.sdk.model_answers import AnswerLost


def test_lost_answer_is_a_failure_upstream_and_says_that_the_question_went_out() -> None:
    error = AnswerLost()
    assert isinstance(error, UpstreamFailed)
    assert error.status == UpstreamFailed.status
    assert "was sent" in error.detail

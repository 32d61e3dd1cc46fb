from server.integrations.conversations.library.reading_models import SearchAnswer, SearchData


def test_answers_say_success_as_those_of_the_chatbeto_api() -> None:
    answer = SearchAnswer(data=SearchData(results=[]), timestamp="2026-11-20T12:00:00+00:00").model_dump(exclude_none=True)
    assert answer == {"status": "success", "data": {"results": []}, "timestamp": "2026-11-20T12:00:00+00:00"}

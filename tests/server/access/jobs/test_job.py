from server.access.jobs.job import JobSettings


def test_client_is_answered_before_chatgpt_gives_up():
    assert JobSettings().wait_seconds <= 40

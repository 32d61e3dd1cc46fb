from server.access.jobs.job import Job, State
from server.access.jobs.routes import jobs, view
from server.runtime.catalogue import list_operations


def test_polling_and_cancelling_are_never_asked_about_and_never_jobs():
    assert [(operation.name, operation.scope, operation.long) for operation in list_operations(jobs)] == [
        ("read_job", "", False),
        ("cancel_job", "", False),
    ]
    assert not [operation for operation in list_operations(jobs) if operation.changes]


def test_result_is_shown_as_json():
    job = Job("job-1", "bot", "read", "read slowly", State.done, "2026-01-01", result='{"a": 1}')
    assert view(job).result == {"a": 1}

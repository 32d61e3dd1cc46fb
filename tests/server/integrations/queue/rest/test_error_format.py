import json

from server.integrations.queue.rest.error_format import QUEUE_ERRORS
from server.sdk.operation import Failure


def test_failure_is_its_sentence_alone_and_what_does_not_fit_is_400() -> None:
    failure = Failure(422, "message: Field required.", {"errors": [{"field": "message"}]})
    assert QUEUE_ERRORS.replace(failure).status == 400
    assert json.loads(QUEUE_ERRORS.write_body(failure)) == {"detail": "message: Field required."}
    assert QUEUE_ERRORS.replace(Failure(404, "")).status == 404

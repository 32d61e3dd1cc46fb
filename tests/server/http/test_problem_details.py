import json

from server.http.problem_details import PROBLEM_TYPE, problem_body


def test_problem_document_has_title_status_and_detail():
    assert PROBLEM_TYPE == "application/problem+json"
    assert json.loads(problem_body(404, "There is no such mail. Look again.", {"errors": [1]})) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such mail. Look again.",
        "errors": [1],
    }


def test_extra_members_replace_no_standard_member():
    assert json.loads(problem_body(404, "Gone.", {"status": 200, "detail": "Fine."}))["status"] == 404


def test_problem_document_can_hold_any_value():
    assert json.loads(problem_body(599, "\ud800 ä", {"what": {1, 2}, "where": object}))["detail"] == "? ä"

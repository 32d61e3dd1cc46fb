import json

from server.http.problem_details import PROBLEM_TYPE, problem_body


def test_a_problem_says_what_happened_and_what_to_do():
    assert PROBLEM_TYPE == "application/problem+json"
    assert json.loads(problem_body(404, "There is no such mail. Look again.", {"errors": [1]})) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such mail. Look again.",
        "errors": [1],
    }


def test_what_stands_beside_it_replaces_nothing():
    assert json.loads(problem_body(404, "Gone.", {"status": 200, "detail": "Fine."}))["status"] == 404


def test_a_problem_can_hold_anything():
    assert json.loads(problem_body(599, "\ud800 ä", {"what": {1, 2}, "where": object}))["detail"] == "? ä"

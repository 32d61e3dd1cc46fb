import json

import pytest

from server.integrations.conversations.history.decode import Metadata
from server.integrations.conversations.history.reports import WIDGET_TEXT, find_report

REPORT = {"report_message": {"content": {"parts": ["# Report", None, "text"]}, "metadata": {"content_references": [1]}}}


@pytest.mark.parametrize(
    "metadata",
    [
        Metadata(chatgpt_sdk={"widget_state": json.dumps(REPORT)}),
        Metadata(chatgpt_sdk={"widget_state": REPORT}),
        Metadata(venus_widget_state=REPORT),
        Metadata(tool_response_metadata={"a": {"b": json.dumps({"widget_state": REPORT})}}),
    ],
)
def test_report_is_found_in_the_state_of_a_widget(metadata):
    report = find_report(metadata, {})
    assert report
    assert report.text == "# Report\n\ntext"
    assert report.metadata.content_references == [1]


def test_report_is_found_in_the_text_of_a_state():
    assert find_report(None, {"parts": [f"{WIDGET_TEXT} {json.dumps(REPORT)} and more"]})


@pytest.mark.parametrize(
    "state", [{"report_message": None}, {"report_message": {"content": {"parts": [" "]}}}, "report_message", 5, {"a": {}}]
)
def test_unfinished_report_is_none(state):
    assert find_report(Metadata(chatgpt_sdk=state), {}) is None

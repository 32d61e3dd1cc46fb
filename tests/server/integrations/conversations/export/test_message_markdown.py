import json

import pytest

from server.integrations.conversations.export.message_markdown import render

MESSAGE = {"id": "a", "parent": "", "role": "user", "kind": "text", "text": "Hi", "created_at": None, "details": ""}


def write(**values: object) -> str:
    return render(MESSAGE | values, {"a": 3, "before": 2, "far": 1}, {"f": "assets/1/a.png"})


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({}, "## 3. User\n\nHi\n\n"),
        ({"parent": "before"}, "## 3. User\n\nHi\n\n"),
        ({"parent": "far"}, "## 3. User (follows message 1)\n\nHi\n\n"),
        ({"role": "tool", "details": json.dumps({"name": "python\n# x"})}, "## 3. python # x\n\nHi\n\n"),
        ({"kind": "output", "text": "a ```` b"}, "## 3. User · output\n\n`````\na ```` b\n`````\n\n"),
        ({"kind": "thoughts", "text": "a\n\nb"}, "## 3. User · thoughts\n\n> a\n>\n> b\n\n"),
        ({"text": "", "details": "no JSON"}, "## 3. User\n\n"),
        ({"details": json.dumps({"attachments": [{"id": "f", "name": "a](x)"}]})}, "![a\\](x)](<assets/1/a.png>)\n\n"),
        ({"text": "[^1]", "details": json.dumps({"citations": [{"number": 1, "url": "u>\n v"}]})}, "[^3-1]: [u\\> v](<uv>)\n\n"),
    ],
)
def test_message_is_written_so_that_nothing_in_it_breaks_the_file(values, text):
    assert write(**values).endswith(text)

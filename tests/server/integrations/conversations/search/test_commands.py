import json

import click.testing
import pytest

from server.commandline.client import connect
from server.integrations.conversations.search.commands import join, search


def run(stocked, *arguments: str) -> click.testing.Result:
    return click.testing.CliRunner().invoke(search, [*arguments, "--data-dir", str(stocked.served.data)], obj=connect)


def test_json_is_an_array_with_the_ids_of_the_export(stocked) -> None:
    result = run(stocked, "HAUPTSTRASSE", "--json")
    assert result.exit_code == 0
    (hits,) = json.loads(result.stdout)
    assert hits == {
        "conversation_id": "old",
        "message_id": "a",
        "title": "Ort",
        "role": "assistant",
        "date": "2025-10-09T08:53:20+00:00",
        "project": "",
        "source": "chatgpt",
        "snippet": "Hauptstraße 验证",
    }
    assert "Hauptstraße 验证" in result.stdout
    assert json.loads(run(stocked, "nothing", "such", "--json").stdout) == []


def test_results_are_lines_for_a_person(stocked) -> None:
    assert "Ort" in run(stocked, "验证").output
    assert run(stocked, "nothing").output == "Nothing found.\n"
    assert run(stocked, "strasse", "-wie").output == "Nothing found.\n"


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        (("a", "b"), "a b"),
        (("a b",), "a b"),
        (("a b", "c"), '"a b" c'),
        (("a\udcff",), "a?"),
        (("-a", "title:x y"), '-a title:"x y"'),
    ],
)
def test_arguments_are_joined_to_a_query(arguments: tuple[str, ...], query: str) -> None:
    assert join(arguments) == query

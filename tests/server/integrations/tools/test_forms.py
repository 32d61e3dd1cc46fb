import pytest

from server.core.errors import InvalidInput
from server.integrations.tools.forms import read_form, read_values

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your \u202ename", "minLength": 2},
        "days": {"type": "integer", "minimum": 1, "default": 7},
        "late": {"type": "boolean"},
        "branch": {"type": "string", "oneOf": [{"const": "n", "title": "North"}, {"const": "s"}]},
        "genres": {"type": "array", "items": {"type": "string", "enum": ["novel", "poem"]}},
    },
    "required": ["name"],
}


def test_form_is_read_with_its_kinds_and_without_hidden_text():
    fields = {field.name: field for field in read_form(SCHEMA)}
    assert [field.kind for field in fields.values()] == ["text", "number", "boolean", "choice", "choices"]
    assert (fields["name"].label, fields["name"].required, fields["days"].default) == ("Your name", True, "7")
    assert fields["branch"].choices == (("n", "North"), ("s", "s"))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "object"},
        "string",
        {"type": "array", "items": {"type": "string"}},
        {"type": "string", "enum": [1, 2]},
        {"type": "string", "enum": ["x\u202ey"]},
        {"type": "string", "enum": [str(number) for number in range(1_000)]},
    ],
)
def test_form_that_cannot_be_shown_is_refused(part):
    with pytest.raises(InvalidInput):
        read_form({"type": "object", "properties": {"it": part}})


def test_form_with_too_many_fields_or_a_strange_name_is_refused():
    for names in ([f"f{number}" for number in range(21)], ["a\u200bb"], [""]):
        with pytest.raises(InvalidInput):
            read_form({"type": "object", "properties": {name: {"type": "string"} for name in names}})


def read(**values):
    return read_values(SCHEMA, read_form(SCHEMA), values)


def test_values_get_the_types_of_the_form():
    entered = {"name": "Bo", "days": "3", "late": "yes", "branch": "n", "genres": "novel, poem"}
    assert read(**entered) == {"name": "Bo", "days": 3, "late": True, "branch": "n", "genres": ["novel", "poem"]}
    assert read(name="Bo", days="", genres=["poem"], late=False) == {"name": "Bo", "genres": ["poem"], "late": False}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": "B"},
        {"name": "Bo", "days": "0"},
        {"name": "Bo", "days": "many"},
        {"name": "Bo", "late": "perhaps"},
        {"name": "Bo", "branch": "west"},
        {"name": "Bo", "genres": "drama"},
        {"name": "Bo", "colour": "red"},
        {"name": "x" * 5_001},
    ],
)
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(InvalidInput):
        read(**values)

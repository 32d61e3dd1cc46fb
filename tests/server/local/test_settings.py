import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from pydantic import BaseModel, Field

from server.core.errors import InvalidInput
from server.local.settings import list_fields, make_form, put_in
from server.storage.database import DATABASE_FILE


class Colour(StrEnum):
    red = "red"
    blue = "blue"


class Frame(BaseModel):
    """Frame of a picture."""

    width: int = Field(1, ge=1, le=9, title="Width")
    made_by: str = "nobody"


class Picture(BaseModel):
    """How it looks."""

    colour: Colour = Field(Colour.red, title="Colour")
    frame: Frame = Frame()
    visitors: list[str] = []
    password: str = Field("", title="Password")


def find(served, name: str) -> dict:
    return next(section for section in served.person("GET", "/api/settings").json() if section["name"] == name)


def test_settings_form_exists_for_every_part_with_settings(demo) -> None:
    sections = demo.person("GET", "/api/settings").json()
    assert {"approvals", "retention", "gmail"} <= {section["name"] for section in sections}
    for section in sections:
        assert section["title"]
        assert section["text"].endswith(".")
        assert section["values"].keys() == section["defaults"].keys() == section["schema"]["properties"].keys()
        for field in section["schema"]["properties"].values():
            assert field["title"]
            assert field["description"].endswith(".")


def test_settings_forms_omit_accounts_addresses_and_secrets(demo) -> None:
    text = demo.person("GET", "/api/settings").text
    assert not [word for word in ("accounts", "endpoints", "token", "secret") if word in text]


def test_saved_setting_holds_and_the_others_stay(demo) -> None:
    saved = demo.person("PUT", "/api/settings/gmail", json={"read_retries": 4})
    assert (saved.status_code, saved.json()["values"]["read_retries"]) == (200, 4)
    assert find(demo, "gmail") == saved.json()
    stored = json.loads((demo.data / "settings.json").read_text())["gmail"]["1"]
    assert (stored["read_retries"], len(stored["accounts"])) == (4, 2)


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"payload_days": 0}, "payload_days", "Keep request contents for has to be 1 or more."),
        ({"payload_days": 99999}, "payload_days", "Keep request contents for may be 3650 at most."),
        ({"payload_days": "soon"}, "payload_days", "Keep request contents for has to be a whole number."),
        ({"activity_days": None}, "activity_days", "Keep log entries for has to be a whole number."),
    ],
)
def test_invalid_setting_is_refused_with_a_sentence(demo, values, field, sentence) -> None:
    refused = demo.person("PUT", "/api/settings/retention", json=values)
    assert (refused.status_code, refused.json()["detail"]) == (422, sentence)
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert find(demo, "retention")["values"] == {"payload_days": 7, "activity_days": 90}


def test_setting_without_a_form_field_cannot_be_changed(demo) -> None:
    assert demo.person("PUT", "/api/settings/gmail", json={"accounts": []}).status_code == 422
    assert demo.person("PUT", "/api/settings/pause", json={"until": None}).status_code == 404
    assert len(demo.person("GET", "/api/gmail/status").json()["accounts"]) == 2


def test_shortened_retention_prunes_at_once(demo) -> None:
    demo.call("GET", "/apps/list")
    demo.call("GET", "/apps/list")
    with closing(sqlite3.connect(demo.data / DATABASE_FILE)) as database, database:
        database.execute("UPDATE activity SET at = ? WHERE id = 1", [(datetime.now(UTC) - timedelta(days=50)).isoformat()])
    demo.person("PUT", "/api/settings/retention", json={"activity_days": 60})
    assert len(demo.activity()) == 2
    demo.person("PUT", "/api/settings/retention", json={"activity_days": 40})
    assert len(demo.activity()) == 1
    assert "40" in demo.call("GET", "/privacy", "").text


def test_form_has_the_titled_fields_without_secrets() -> None:
    fields = list_fields(Picture)
    assert fields == {"colour": None, "frame": {"width": None}}
    form = make_form(Picture.model_json_schema(), fields)
    assert form["properties"]["colour"]["enum"] == ["red", "blue"]
    assert list(form["properties"]["frame"]["properties"]) == ["width"]


def test_nested_values_are_merged() -> None:
    before = Picture(frame=Frame(made_by="Ann"), visitors=["Bob"])
    assert put_in(before, {"frame": {"width": 3}}) == Picture(frame=Frame(width=3, made_by="Ann"), visitors=["Bob"])
    with pytest.raises(InvalidInput, match="There is no setting made_by"):
        put_in(before, {"frame": {"made_by": "me"}})
    with pytest.raises(InvalidInput, match="Colour has to be 'red' or 'blue'"):
        put_in(before, {"colour": "green"})


def test_error_locations_are_reported_at_every_depth(serve, tmp_path) -> None:
    served = serve(tmp_path / os.fsdecode(b"caf\xe9"))
    places = served.person("GET", "/api/settings/places")
    assert places.status_code == 200
    assert places.json()["data"] == str(tmp_path / "caf\N{REPLACEMENT CHARACTER}")

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from server.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from server.core.resources import shipped
from server.integrations.apps.allow_list.entries import MOST_APPS, AppsFile, Entry
from server.integrations.apps.allow_list.file import BrokenList, Catalogue, default_places, find_entry, free_name, mark_of, parse

NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def places(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "shipped.json").write_text('{"version": 2, "apps": {"shipped": {"path": "sleep"}}}')
    return default_places(tmp_path / "config", tmp_path / "data", tmp_path / "shipped.json")


def open_catalogue(places, now=lambda: NOON):
    catalogue = Catalogue(places, now)
    catalogue.open()
    return catalogue


def write(places, apps):
    places.own.write_text(json.dumps({"version": 2, "apps": apps}))


def names(catalogue):
    return list(catalogue.current().apps)


def copies(places):
    return sorted(path.name for path in places.own.parent.glob("*.broken-*"))


def test_a_person_without_a_list_gets_the_shipped_one(places):
    assert names(open_catalogue(places)) == ["shipped"]
    assert places.own.read_bytes() == places.shipped.read_bytes()


def test_a_persons_own_list_is_not_touched(places):
    write(places, {"own": {"path": "sleep"}})
    before = places.own.read_bytes()
    assert names(open_catalogue(places)) == ["own"]
    assert places.own.read_bytes() == before


def test_a_changed_list_is_read_on_the_next_use(places):
    catalogue = open_catalogue(places)
    write(places, {"one": {"path": "sleep"}})
    assert names(catalogue) == ["one"]
    write(places, {"two": {"path": "sleep"}})
    assert names(catalogue) == ["two"]


def test_an_unchanged_list_is_not_read_again(places):
    catalogue = open_catalogue(places)
    first = catalogue.current()
    assert catalogue.current() is first


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "it is no JSON ("),
        (b"[]", "it is no JSON object"),
        (b"\xff\xfe", "it is no JSON"),
        (b'{"a": NaN}', "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b'{"version": 2, "apps": {"a": {"alow": []}}}', "apps.a.alow: there is no such word"),
        (b'{"version": 2, "apps": {"a": {"platforms": {"linux": {"path": "./a"}}}}}', "write the whole path"),
        (b" " * (1024 * 1024 + 1), "larger than 1 MiB"),
    ],
)
def test_a_broken_list_is_told_and_kept_aside_and_the_last_good_one_stays(places, content, told):
    catalogue = open_catalogue(places)
    places.own.write_bytes(content)
    assert names(catalogue) == ["shipped"]
    assert "app_config.json is broken" in catalogue.problem
    assert told in catalogue.problem
    assert copies(places) == ["app_config.broken-2026-01-02T120000Z.json"]
    assert (places.own.parent / copies(places)[0]).read_bytes() == content
    assert places.own.read_bytes() == content


def test_a_broken_list_is_kept_aside_once(places):
    catalogue = open_catalogue(places)
    places.own.write_text("{")
    names(catalogue)
    os.utime(places.own, (1, 1))
    names(catalogue)
    names(open_catalogue(places))
    assert len(copies(places)) == 1


def test_broken_lists_do_not_pile_up(places):
    times = (NOON + timedelta(seconds=count) for count in range(100))
    catalogue = open_catalogue(places, lambda: next(times))
    for count in range(30):
        places.own.write_text("{" + " " * count)
        names(catalogue)
    assert len(copies(places)) == 20
    assert copies(places)[-1] == "app_config.broken-2026-01-02T120029Z.json"


def test_a_mended_list_is_in_force_again(places):
    catalogue = open_catalogue(places)
    places.own.write_text("{")
    names(catalogue)
    write(places, {"mended": {"path": "sleep"}})
    assert names(catalogue) == ["mended"]
    assert catalogue.problem is None


def test_the_last_good_list_outlives_a_restart(places):
    write(places, {"good": {"path": "sleep"}})
    open_catalogue(places)
    places.own.write_text("{")
    again = open_catalogue(places)
    assert names(again) == ["good"]
    assert again.problem


def test_without_a_good_list_nothing_is_allowed(places):
    places.own.write_text("{")
    assert names(open_catalogue(places)) == []


def test_a_list_that_goes_away_stays_in_force(places):
    catalogue = open_catalogue(places)
    places.own.unlink()
    assert names(catalogue) == ["shipped"]
    assert "cannot be read" in catalogue.problem


def test_a_list_with_the_mark_of_notepad_is_read(places):
    places.own.write_bytes(b"\xef\xbb\xbf" + places.shipped.read_bytes())
    assert names(open_catalogue(places)) == ["shipped"]


def test_saving_replaces_the_file_and_is_in_force(places):
    catalogue = open_catalogue(places)
    catalogue.save(AppsFile.model_validate({"a": {"path": "sleep", "type": "command"}}))
    assert names(catalogue) == ["a"]
    assert json.loads(places.own.read_text())["version"] == 2
    assert names(open_catalogue(places)) == ["a"]


def test_saving_where_the_disk_does_not_take_it_is_told(places):
    catalogue = open_catalogue(places)
    places.own.unlink()
    places.own.mkdir()
    with pytest.raises(Unavailable):
        catalogue.save(AppsFile())
    assert names(catalogue) == ["shipped"]


def test_apps_are_added_and_removed(places):
    catalogue = open_catalogue(places)
    catalogue.put("New", Entry.model_validate({"path": "sleep", "aliases": ["n"]}))
    assert names(catalogue) == ["shipped", "new"]
    with pytest.raises(InvalidInput, match='Two apps are called "n"'):
        catalogue.put("n", Entry())
    catalogue.remove("NEW")
    with pytest.raises(NotFound):
        catalogue.remove("new")
    assert names(catalogue) == ["shipped"]


def test_more_apps_than_anyone_needs_are_refused():
    apps = {f"app{count}": {"path": "sleep"} for count in range(MOST_APPS + 1)}
    with pytest.raises(BrokenList):
        parse(json.dumps({"version": 2, "apps": apps}).encode())


def test_an_app_is_found_by_what_it_is_called():
    apps = parse(
        b'{"version": 2, "apps": {"a": {"path": "x", "name": "Same"}, "b": {"path": "x", "name": "Same", "aliases": ["c"]}}}'
    )
    assert find_entry(apps, " A ")[0] == "a"
    assert find_entry(apps, "C")[0] == "b"
    for unclear in ("same", "", "  ", "\n"):
        with pytest.raises(NotFound):
            find_entry(apps, unclear)


def test_the_shipped_list_makes_sense():
    apps = parse(shipped("app_config.json").read_bytes()).apps
    assert {"notepad", "calculator", "chrome", "firefox", "vscode"} <= apps.keys()
    for name, entry in apps.items():
        assert entry.name, name
        assert entry.platforms.windows or entry.platforms.macos or entry.platforms.linux, name
    assert all(getattr(apps["demo-clock"].platforms, system) for system in ("windows", "macos", "linux"))


def test_a_change_writes_only_what_does_not_go_without_saying(places):
    catalogue = open_catalogue(places)
    entry = Entry.model_validate({"path": "sleep", "args": ["1"]})
    catalogue.put("nap", Entry.model_validate(entry.model_dump(mode="json")))
    written = json.loads(places.own.read_text())["apps"]["nap"]
    assert set(written) == {"type", "platforms", "args"}
    assert written["platforms"]["linux"] == [{"path": "sleep"}]


def test_an_app_that_was_changed_elsewhere_is_not_changed_back(places):
    write(places, {"nap": {"path": "sleep"}})
    catalogue = open_catalogue(places)
    mark = mark_of(catalogue.current().apps["nap"])
    write(places, {"nap": {"path": "sleep", "args": ["7"]}})
    for change in (lambda: catalogue.put("nap", Entry(), mark), lambda: catalogue.remove("nap", mark)):
        with pytest.raises(Conflict, match="meanwhile"):
            change()
    with pytest.raises(Conflict):
        catalogue.put("other", Entry(), mark)
    assert catalogue.current().apps["nap"].args == ["7"]
    catalogue.put("nap", Entry(enabled=False), mark_of(catalogue.current().apps["nap"]))
    assert not catalogue.current().apps["nap"].enabled


def test_a_mark_stays_as_long_as_an_entry_means_the_same(places):
    flat = Entry.model_validate({"path": "sleep", "aliases": [], "enabled": True})
    assert mark_of(flat) == mark_of(Entry.model_validate(flat.model_dump(mode="json")))
    assert mark_of(flat) != mark_of(flat.model_copy(update={"enabled": False}))


def test_a_list_that_is_being_written_is_not_changed_under_the_persons_hands(places):
    catalogue = open_catalogue(places)
    places.own.write_text("{")
    for change in (lambda: catalogue.put("a", Entry()), lambda: catalogue.add("a", Entry()), lambda: catalogue.remove("shipped")):
        with pytest.raises(Conflict, match="makes no sense just now"):
            change()
    assert places.own.read_text() == "{"


def test_the_last_good_list_is_put_back_as_it_was_written(places):
    catalogue = open_catalogue(places)
    before = places.own.read_bytes()
    places.own.write_text("{")
    assert names(catalogue) == ["shipped"]
    assert not catalogue.sound
    catalogue.restore()
    assert places.own.read_bytes() == before
    assert (catalogue.problem, catalogue.sound) == (None, True)


def test_where_no_list_was_good_there_is_none_to_put_back(places):
    places.own.write_text("{")
    with pytest.raises(NotFound, match="no list to put back"):
        open_catalogue(places).restore()


def test_an_app_is_added_under_a_name_of_its_own(places):
    write(places, {"nap": {"path": "sleep", "aliases": ["nap-2"]}})
    catalogue = open_catalogue(places)
    assert catalogue.add("Nap", Entry()) == "nap-3"
    assert catalogue.add("My tool!", Entry()) == "my-tool"
    assert names(catalogue) == ["nap", "nap-3", "my-tool"]


@pytest.mark.parametrize(
    ("wish", "name"),
    [("Visual Studio Code", "visual-studio-code"), ("...", "app"), ("x" * 99, "x" * 56), ("Über/uns", "über-uns")],
)
def test_a_name_is_one_that_clients_can_write(wish, name):
    assert free_name(wish, []) == name


def test_changes_at_the_same_time_are_all_kept(places):
    catalogue = open_catalogue(places)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: catalogue.put(f"app{number}", Entry()), range(24)))
    assert len(names(catalogue)) == 25

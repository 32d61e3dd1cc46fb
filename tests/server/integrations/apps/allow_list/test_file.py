import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from server.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from server.core.resources import shipped
from server.integrations.apps.allow_list.entries import MOST_APPS, AppsFile, Entry
from server.integrations.apps.allow_list.file import AllowList, InvalidList, default_paths, etag_of, find_entry, free_name, parse

NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def places(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "shipped.json").write_text('{"version": 2, "apps": {"shipped": {"path": "sleep"}}}')
    return default_paths(tmp_path / "config", tmp_path / "data", tmp_path / "shipped.json")


def open_allow_list(places, now=lambda: NOON):
    allow_list = AllowList(places, now)
    allow_list.open()
    return allow_list


def write(places, apps):
    places.own.write_text(json.dumps({"version": 2, "apps": apps}))


def names(allow_list):
    return list(allow_list.current().apps)


def copies(places):
    return sorted(path.name for path in places.own.parent.glob("*.broken-*"))


def test_missing_list_is_created_from_the_shipped_one(places):
    assert names(open_allow_list(places)) == ["shipped"]
    assert places.own.read_bytes() == places.shipped.read_bytes()


def test_existing_list_is_not_overwritten(places):
    write(places, {"own": {"path": "sleep"}})
    before = places.own.read_bytes()
    assert names(open_allow_list(places)) == ["own"]
    assert places.own.read_bytes() == before


def test_changed_list_is_read_on_the_next_use(places):
    allow_list = open_allow_list(places)
    write(places, {"one": {"path": "sleep"}})
    assert names(allow_list) == ["one"]
    write(places, {"two": {"path": "sleep"}})
    assert names(allow_list) == ["two"]


def test_unchanged_list_is_not_read_again(places):
    allow_list = open_allow_list(places)
    first = allow_list.current()
    assert allow_list.current() is first


@pytest.mark.parametrize(
    ("content", "sentence"),
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
def test_broken_list_is_reported_and_kept_aside_and_the_last_good_one_stays(places, content, sentence):
    allow_list = open_allow_list(places)
    places.own.write_bytes(content)
    assert names(allow_list) == ["shipped"]
    assert "app_config.json contains an error" in allow_list.problem
    assert sentence in allow_list.problem
    assert copies(places) == ["app_config.broken-2026-01-02T120000Z.json"]
    assert (places.own.parent / copies(places)[0]).read_bytes() == content
    assert places.own.read_bytes() == content


def test_broken_list_is_kept_aside_once(places):
    allow_list = open_allow_list(places)
    places.own.write_text("{")
    names(allow_list)
    os.utime(places.own, (1, 1))
    names(allow_list)
    names(open_allow_list(places))
    assert len(copies(places)) == 1


def test_number_of_broken_lists_is_limited(places):
    times = (NOON + timedelta(seconds=count) for count in range(100))
    allow_list = open_allow_list(places, lambda: next(times))
    for count in range(30):
        places.own.write_text("{" + " " * count)
        names(allow_list)
    assert len(copies(places)) == 20
    assert copies(places)[-1] == "app_config.broken-2026-01-02T120029Z.json"


def test_repaired_list_is_in_force_again(places):
    allow_list = open_allow_list(places)
    places.own.write_text("{")
    names(allow_list)
    write(places, {"mended": {"path": "sleep"}})
    assert names(allow_list) == ["mended"]
    assert allow_list.problem is None


def test_last_good_list_survives_a_restart(places):
    write(places, {"good": {"path": "sleep"}})
    open_allow_list(places)
    places.own.write_text("{")
    again = open_allow_list(places)
    assert names(again) == ["good"]
    assert again.problem


def test_nothing_is_allowed_without_a_good_list(places):
    places.own.write_text("{")
    assert names(open_allow_list(places)) == []


def test_deleted_list_stays_in_force(places):
    allow_list = open_allow_list(places)
    places.own.unlink()
    assert names(allow_list) == ["shipped"]
    assert "cannot be read" in allow_list.problem


def test_list_with_a_byte_order_mark_is_read(places):
    places.own.write_bytes(b"\xef\xbb\xbf" + places.shipped.read_bytes())
    assert names(open_allow_list(places)) == ["shipped"]


def test_saving_replaces_the_file_and_is_in_force(places):
    allow_list = open_allow_list(places)
    allow_list.save(AppsFile.model_validate({"a": {"path": "sleep", "type": "command"}}))
    assert names(allow_list) == ["a"]
    assert json.loads(places.own.read_text())["version"] == 2
    assert names(open_allow_list(places)) == ["a"]


def test_failed_save_is_reported(places):
    allow_list = open_allow_list(places)
    places.own.unlink()
    places.own.mkdir()
    with pytest.raises(Unavailable):
        allow_list.save(AppsFile())
    assert names(allow_list) == ["shipped"]


def test_apps_are_added_and_removed(places):
    allow_list = open_allow_list(places)
    allow_list.put("New", Entry.model_validate({"path": "sleep", "aliases": ["n"]}))
    assert names(allow_list) == ["shipped", "new"]
    with pytest.raises(InvalidInput, match='Two apps are called "n"'):
        allow_list.put("n", Entry())
    allow_list.remove("NEW")
    with pytest.raises(NotFound):
        allow_list.remove("new")
    assert names(allow_list) == ["shipped"]


def test_number_of_apps_is_limited():
    apps = {f"app{count}": {"path": "sleep"} for count in range(MOST_APPS + 1)}
    with pytest.raises(InvalidList):
        parse(json.dumps({"version": 2, "apps": apps}).encode())


def test_app_is_looked_up_by_name_alias_and_title():
    apps = parse(
        b'{"version": 2, "apps": {"a": {"path": "x", "name": "Same"}, "b": {"path": "x", "name": "Same", "aliases": ["c"]}}}'
    )
    assert find_entry(apps, " A ")[0] == "a"
    assert find_entry(apps, "C")[0] == "b"
    for unclear in ("same", "", "  ", "\n"):
        with pytest.raises(NotFound):
            find_entry(apps, unclear)


def test_shipped_list_is_valid():
    apps = parse(shipped("app_config.json").read_bytes()).apps
    assert {"notepad", "calculator", "chrome", "firefox", "vscode"} <= apps.keys()
    for name, entry in apps.items():
        assert entry.name, name
        assert entry.platforms.windows or entry.platforms.macos or entry.platforms.linux, name
    assert all(getattr(apps["demo-clock"].platforms, system) for system in ("windows", "macos", "linux"))


def test_saved_entry_omits_defaults(places):
    allow_list = open_allow_list(places)
    entry = Entry.model_validate({"path": "sleep", "args": ["1"]})
    allow_list.put("nap", Entry.model_validate(entry.model_dump(mode="json")))
    written = json.loads(places.own.read_text())["apps"]["nap"]
    assert set(written) == {"type", "platforms", "args"}
    assert written["platforms"]["linux"] == [{"path": "sleep"}]


def test_stale_etag_is_refused(places):
    write(places, {"nap": {"path": "sleep"}})
    allow_list = open_allow_list(places)
    mark = etag_of(allow_list.current().apps["nap"])
    write(places, {"nap": {"path": "sleep", "args": ["7"]}})
    for change in (lambda: allow_list.put("nap", Entry(), mark), lambda: allow_list.remove("nap", mark)):
        with pytest.raises(Conflict, match="meanwhile"):
            change()
    with pytest.raises(Conflict):
        allow_list.put("other", Entry(), mark)
    assert allow_list.current().apps["nap"].args == ["7"]
    allow_list.put("nap", Entry(enabled=False), etag_of(allow_list.current().apps["nap"]))
    assert not allow_list.current().apps["nap"].enabled


def test_etag_is_stable_while_the_entry_means_the_same(places):
    flat = Entry.model_validate({"path": "sleep", "aliases": [], "enabled": True})
    assert etag_of(flat) == etag_of(Entry.model_validate(flat.model_dump(mode="json")))
    assert etag_of(flat) != etag_of(flat.model_copy(update={"enabled": False}))


def test_list_is_not_changed_while_it_is_written_elsewhere(places):
    allow_list = open_allow_list(places)
    places.own.write_text("{")
    for change in (
        lambda: allow_list.put("a", Entry()),
        lambda: allow_list.add("a", Entry()),
        lambda: allow_list.remove("shipped"),
    ):
        with pytest.raises(Conflict, match="contains an error"):
            change()
    assert places.own.read_text() == "{"


def test_last_good_list_is_restored_as_it_was_written(places):
    allow_list = open_allow_list(places)
    before = places.own.read_bytes()
    places.own.write_text("{")
    assert names(allow_list) == ["shipped"]
    assert not allow_list.is_valid
    allow_list.restore()
    assert places.own.read_bytes() == before
    assert (allow_list.problem, allow_list.is_valid) == (None, True)


def test_last_good_list_cannot_be_restored_if_none_was_good(places):
    places.own.write_text("{")
    with pytest.raises(NotFound, match="no working list to restore"):
        open_allow_list(places).restore()


def test_added_app_gets_a_unique_name(places):
    write(places, {"nap": {"path": "sleep", "aliases": ["nap-2"]}})
    allow_list = open_allow_list(places)
    assert allow_list.add("Nap", Entry()) == "nap-3"
    assert allow_list.add("My tool!", Entry()) == "my-tool"
    assert names(allow_list) == ["nap", "nap-3", "my-tool"]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("Visual Studio Code", "visual-studio-code"), ("...", "app"), ("x" * 99, "x" * 56), ("Über/uns", "über-uns")],
)
def test_app_name_is_one_that_clients_can_write(wanted, name):
    assert free_name(wanted, []) == name


def test_concurrent_changes_of_the_list_are_all_stored(places):
    allow_list = open_allow_list(places)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: allow_list.put(f"app{number}", Entry()), range(24)))
    assert len(names(allow_list)) == 25


EVIL = json.dumps({"version": 2, "apps": {"evil": {"path": "sh"}}})


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")
@pytest.mark.parametrize("kind", ["a link", "writable by everybody", "in a folder that everybody may write into", "a pipe"])
def test_list_that_others_may_change_is_not_in_force(places, kind):
    write(places, {"own": {"path": "sleep"}})
    allow_list = open_allow_list(places)
    elsewhere = places.own.parent.parent / "elsewhere.json"
    elsewhere.write_text(EVIL)
    places.own.unlink()
    if kind == "a link":
        places.own.symlink_to(elsewhere)
    elif kind == "a pipe":
        os.mkfifo(places.own)
    else:
        places.own.write_text(EVIL)
        (places.own.parent if "folder" in kind else places.own).chmod(0o777)
    assert names(allow_list) == ["own"]
    assert "The last working list stays active" in allow_list.problem
    assert names(open_allow_list(places)) == ["own"], "nor after a restart"
    with pytest.raises(Conflict):
        allow_list.put("more", Entry.model_validate({"path": "sleep"}))
    places.own.parent.chmod(0o755)
    allow_list.restore()
    assert (names(allow_list), allow_list.problem) == (["own"], None)
    assert elsewhere.read_text() == EVIL


def test_list_of_another_user_is_not_in_force(places, monkeypatch):
    write(places, {"own": {"path": "sleep"}})
    allow_list = open_allow_list(places)
    write(places, {"evil": {"path": "sh"}})
    owner = places.own.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    assert names(allow_list) == ["own"]
    assert "belongs to another user" in allow_list.problem
    monkeypatch.setattr(os, "getuid", lambda: owner)
    assert names(allow_list) == ["evil"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")
def test_copy_of_the_last_good_list_is_trusted_only_if_nobody_else_may_change_it(places):
    open_allow_list(places)
    places.good.write_text(EVIL)
    places.good.chmod(0o666)
    places.own.write_text("{")
    allow_list = open_allow_list(places)
    assert names(allow_list) == []
    with pytest.raises(NotFound):
        allow_list.restore()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")
def test_change_of_rights_alone_is_noticed(places):
    write(places, {"own": {"path": "sleep"}})
    allow_list = open_allow_list(places)
    places.own.chmod(0o666)
    assert names(allow_list) == ["own"]
    assert "other users of this computer may write to it" in (allow_list.problem or "")
    places.own.chmod(0o644)
    assert names(allow_list) == ["own"]
    assert allow_list.problem is None

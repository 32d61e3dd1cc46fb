import json
import os

import pytest

from server.core.clock import Clock
from server.core.errors import Conflict, InvalidInput, NotFound
from server.core.events import Events
from server.integrations.apps.allow_list.entries import AppsFile
from server.integrations.apps.restored import RestoredApps
from server.sdk.context import Context
from server.storage.data_dir import Folders
from server.storage.restored import SECTION, Restored
from server.storage.settings import Settings
from tests.server.integrations.apps.desk import entry_for

FILE = "app_config.json"
SHELL, SLEEP = entry_for("/bin/sh"), entry_for("sleep")


@pytest.fixture
def context(tmp_path):
    folders = Folders(tmp_path, tmp_path, tmp_path / "files", tmp_path / "logs")
    return Context(folders, Settings(tmp_path), None, None, Events(), None, None, None, Clock())


def listed(context):
    return AppsFile.model_validate_json((context.folders.config / FILE).read_bytes()).apps


async def restore(context, text, present=None):
    """Store a list that waits, beside the one in force."""
    if present is not None:
        (context.folders.config / FILE).write_text(json.dumps({"version": 2, "apps": present}))
    await context.settings.write(SECTION, Restored(at="then", files={FILE: text}))
    return RestoredApps(context)


async def restore_apps(context, apps, present):
    return await restore(context, json.dumps({"version": 2, "apps": apps}), present)


async def test_only_what_the_list_in_force_does_not_say_is_a_difference(context):
    restored = await restore_apps(
        context, {"same": SLEEP, "other": SHELL, "new": SHELL}, {"same": SLEEP, "other": SLEEP, "own": SLEEP}
    )
    other, new = await restored.list_differences()
    assert (other.title, new.title, new.now) == ("Program: other", "Program: new", "not on the list")
    assert "/bin/sh" in other.restored
    assert "/bin/sh" not in other.now
    assert set(listed(context)) == {"same", "other", "own"}


async def test_list_is_compared_with_the_shipped_one_where_there_is_none(context):
    restored = await restore_apps(context, {"new": SHELL}, None)
    assert [difference.title for difference in await restored.list_differences()] == ["Program: new"]
    assert not (context.folders.config / FILE).exists(), "looking changes nothing"


async def test_accepted_program_is_on_the_list_and_the_others_wait_on(context):
    restored = await restore_apps(context, {"first": SHELL, "second": SHELL}, {"own": SLEEP})
    first, second = await restored.list_differences()
    await restored.accept(first.id)
    assert set(listed(context)) == {"own", "first"}
    assert [difference.id for difference in await restored.list_differences()] == [second.id]
    await restored.discard(second.id)
    assert await restored.list_differences() == []
    assert context.settings.read(SECTION, Restored).files == {}
    with pytest.raises(NotFound):
        await restored.accept(first.id)


@pytest.mark.parametrize("path", ["/nowhere/evil", "no-program-of-this-name", "FOLDER", "TEXT"])
async def test_program_that_could_not_be_typed_is_not_accepted(context, tmp_path, path):
    (tmp_path / "text").write_text("no program")
    path = {"FOLDER": str(tmp_path), "TEXT": str(tmp_path / "text")}.get(path, path)
    restored = await restore_apps(context, {"evil": entry_for(path)}, {"own": SLEEP})
    (difference,) = await restored.list_differences()
    with pytest.raises(InvalidInput, match="not installed"):
        await restored.accept(difference.id)
    assert set(listed(context)) == {"own"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"apps": {"a": {"path": "./evil"}}}', '{"apps": {"a": {"path": "sh", "evil": 1}}}']
)
async def test_list_that_makes_no_sense_can_only_be_discarded(context, text):
    restored = await restore(context, text, {"own": SLEEP})
    (difference,) = await restored.list_differences()
    assert (difference.title, "cannot be read" in difference.restored) == ("List of programs", True)
    with pytest.raises(InvalidInput, match="cannot be read"):
        await restored.accept(difference.id)
    await restored.discard(difference.id)
    assert await restored.list_differences() == []
    assert set(listed(context)) == {"own"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights.")
async def test_program_is_not_added_to_a_list_that_others_may_change(context):
    restored = await restore_apps(context, {"first": SHELL}, {"own": SLEEP})
    (difference,) = await restored.list_differences()
    (context.folders.config / FILE).chmod(0o666)
    with pytest.raises(Conflict, match="contains an error"):
        await restored.accept(difference.id)
    assert [waiting.id for waiting in await restored.list_differences()] == [difference.id]

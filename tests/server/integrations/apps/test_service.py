import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from server.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from server.integrations.apps.models import Order
from tests.running import identify
from tests.server.integrations.apps.desk import RECORDER, RESTART, START, STAY, STOP, entry_for, eventually, start_and_wait

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that these tests start are written for POSIX")

STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + RECORDER + STAY
HAS_FAMILY = """
import subprocess, sys, time
if len(sys.argv) < 3:
    subprocess.Popen([sys.argv[0], *sys.argv[1:], "deeper"])
time.sleep(600)
"""
CHATTERS = (
    RECORDER
    + "\nfor _ in range(40):\n    sys.stdout.write('x' * 65536); sys.stderr.write('y' * 65536)\nopen(here + '.done', 'w')"
    + STAY
)


def test_program_is_started_and_stopped(desk):
    desk.recorder(name="recorder")

    async def scenario(launcher):
        started = await launcher.control(START)
        assert (started.success, started.message) == (True, "recorder has been started.")
        assert psutil.Process(started.pid).status() != psutil.STATUS_ZOMBIE
        await eventually(desk.records)
        stopped = await launcher.control(STOP)
        assert (stopped.success, stopped.message, stopped.pid) == (True, "recorder has been stopped.", None)
        await eventually(lambda: not psutil.pid_exists(started.pid))  # a thread reaps it once it has listed what it left behind

    desk.play(scenario)
    assert desk.processes() == []


def test_program_gets_the_configured_arguments_byte_for_byte(desk):
    arguments = ["--plain", "two words", "$HOME", "`id`", "; echo hello", "*", "ü\n", "", '"', "%PATH%", "--"]
    desk.recorder(args=arguments, presets={"wild": ["&& true", "|", ">out"]})

    async def scenario(launcher):
        await launcher.control(Order(app_name="recorder", action="start", preset="Wild"))
        await eventually(desk.records)

    desk.play(scenario)
    assert [record["argv"] for record in desk.records()] == [[*arguments, "&& true", "|", ">out"]]


def test_program_inherits_no_descriptor_or_secret(desk, monkeypatch):
    desk.recorder(env={"EXTRA": "yes"})
    descriptor = os.open(desk.folder, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    environment = {
        "HOME": str(desk.folder),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "DISPLAY": ":7",
        "DESKHAND_API_KEY": "dh_secret",
        "API_KEY": "secret",
        "VIRTUAL_ENV": "/venv",
        "PYTHONPATH": "/nowhere",
        "LD_PRELOAD": "",
    }

    async def scenario(launcher):
        started = await launcher.control(START)
        (record,) = await eventually(desk.records)
        assert record["session"] == record["pid"] == started.pid

    desk.play(scenario, environment)
    os.close(descriptor)
    (record,) = desk.records()
    variables = {name: value for name, value in record["environment"].items() if name != "LC_CTYPE"}
    assert variables == {"HOME": str(desk.folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "DISPLAY": ":7", "EXTRA": "yes"}
    assert record["folder"] == str(desk.folder)
    assert record["descriptors"] == {"0": "/dev/null", "1": "/dev/null", "2": "/dev/null"}


def test_program_starts_in_its_working_folder(desk):
    desk.recorder(cwd=str(desk.programs))
    desk.play(lambda launcher: start_and_wait(launcher, desk))
    assert desk.records()[0]["folder"] == str(desk.programs)


def test_missing_working_folder_is_reported(desk):
    desk.recorder(cwd=str(desk.folder / "gone"))
    with pytest.raises(Conflict, match="folder"):
        desk.play(lambda launcher: launcher.control(START))


def test_program_with_much_output_does_not_block(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", CHATTERS)))

    async def scenario(launcher):
        await launcher.control(START)
        await eventually((desk.programs / "recorder.done").exists)

    desk.play(scenario)


def test_running_app_is_not_started_again(desk):
    desk.recorder()

    async def scenario(launcher):
        first = await start_and_wait(launcher, desk)
        assert (await launcher.preview(START)).sentence == "leave recorder unchanged (it is already running)"
        again = await launcher.control(START)
        assert (again.success, again.message, again.pid, again.since) == (
            True,
            "recorder is already running.",
            first.pid,
            first.since,
        )

    desk.play(scenario)
    assert len(desk.records()) == 1


def test_app_may_run_several_times(desk):
    desk.recorder(single_instance=False)

    async def scenario(launcher):
        first, second = await launcher.control(START), await launcher.control(START)
        assert first.pid != second.pid
        assert (await launcher.read("recorder")).processes == 2
        await launcher.control(STOP)

    desk.play(scenario)
    assert desk.processes() == []


def test_stop_of_a_stopped_app_succeeds(desk):
    desk.recorder()

    async def scenario(launcher):
        assert (await launcher.preview(STOP)).sentence == "leave recorder unchanged (it is not running)"
        return await launcher.control(STOP)

    outcome = desk.play(scenario)
    assert (outcome.success, outcome.message) == (True, "recorder is not running.")


def test_stop_ends_grandchildren(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", HAS_FAMILY)))

    async def scenario(launcher):
        await launcher.control(START)
        await eventually(lambda: len(desk.processes()) == 3)
        await launcher.control(STOP)

    desk.play(scenario)
    assert desk.processes() == []


def test_process_that_ignores_quit_is_killed_and_reported(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", STUBBORN), stop={"timeout_s": 0.2}))

    async def scenario(launcher):
        await start_and_wait(launcher, desk)
        return await launcher.control(STOP)

    outcome = desk.play(scenario)
    assert outcome.message == "recorder has been stopped. It did not go when it was asked, so it was ended."
    assert desk.processes() == []


def test_programs_that_take_long_to_go_do_not_occupy_the_threads_of_others(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", STUBBORN), stop={"timeout_s": 4}, single_instance=False))

    async def scenario(launcher):
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
        for _ in range(2):
            await launcher.control(START)
        await eventually(lambda: len(desk.records()) == 2)
        stopping = asyncio.create_task(launcher.control(STOP))
        await eventually(lambda: launcher._started._stopping)
        await asyncio.to_thread(os.getpid)
        assert len(desk.processes()) == 2
        assert (await stopping).success

    desk.play(scenario)
    assert desk.processes() == []


def test_restart_ends_the_old_process_and_starts_a_new_one(desk):
    desk.recorder()

    async def scenario(launcher):
        first = await start_and_wait(launcher, desk)
        second = await launcher.control(RESTART)
        assert (second.success, second.message) == (True, "recorder has been restarted.")
        assert not identify(first.pid)
        assert identify(second.pid)
        assert first.pid != second.pid

    desk.play(scenario)


def test_restart_starts_a_stopped_app(desk):
    desk.recorder()
    outcome = desk.play(lambda launcher: start_and_wait(launcher, desk, RESTART))
    assert outcome.success and outcome.pid


def test_disconnect_leaves_the_start_complete_and_recorded(desk):
    desk.recorder()

    async def scenario(launcher):
        call = asyncio.create_task(launcher.control(START))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await eventually(desk.records)
        while not (await launcher.read("recorder")).started_by_deskhand:
            await asyncio.sleep(0.01)

    desk.play(scenario)
    assert desk.play(lambda launcher: launcher.read("recorder")).started_by_deskhand


def test_unknown_app_is_refused_with_similar_names(desk):
    desk.allow(notepad=entry_for(desk.write("notepad"), aliases=["editor"]), hidden=entry_for("sleep", enabled=False))
    with pytest.raises(NotFound, match=r"no app called 'notpad' on the list. Did you mean notepad\?") as caught:
        desk.play(lambda launcher: launcher.control(Order(app_name="notpad", action="start")))
    assert str(desk.folder) not in caught.value.detail
    for name in ("hidden", "nothing like it"):
        with pytest.raises(NotFound, match="list_apps tells"):
            desk.play(lambda launcher, name=name: launcher.read(name))


def test_app_is_addressed_by_aliases_and_title(desk):
    desk.allow(notepad=entry_for(desk.write("notepad"), aliases=["Editor"], name="Text Editor"))

    async def scenario(launcher):
        return [(await launcher.read(name)).name for name in ("NOTEPAD", " editor ", "text editor")]

    assert desk.play(scenario) == ["notepad"] * 3


def test_only_allowed_actions_are_executed(desk):
    desk.recorder(allow=["start"])
    for action in ("stop", "restart", "open"):
        with pytest.raises(Forbidden, match="Its entry allows start"):
            desk.play(lambda launcher, action=action: launcher.control(Order(app_name="recorder", action=action)))


@pytest.mark.parametrize(
    "order",
    [
        Order(app_name="recorder", action="start", target="x"),
        Order(app_name="recorder", action="start", preset="x"),
        Order(app_name="recorder", action="stop", preset="x"),
        Order(app_name="recorder", action="open"),
    ],
)
def test_arguments_of_another_action_are_refused(desk, order):
    desk.recorder(open={"addresses": ["https://example.com"]})
    with pytest.raises(InvalidInput):
        desk.play(lambda launcher: launcher.control(order))
    assert desk.processes() == []


def test_app_that_is_not_installed_is_listed_and_cannot_start(desk):
    desk.allow(recorder=entry_for(str(desk.programs / "gone")))

    async def scenario(launcher):
        (app,) = (await launcher.list_all()).apps
        assert (app.available, app.running) == (False, False)
        with pytest.raises(Conflict, match="not installed"):
            await launcher.control(START)

    desk.play(scenario)


def test_failed_launch_is_reported_without_its_path(desk):
    path = Path(desk.write("recorder"))
    path.write_bytes(b"\x7fELF nonsense")
    desk.allow(recorder=entry_for(str(path)))
    with pytest.raises(Conflict, match="could not be started") as caught:
        desk.play(lambda launcher: launcher.control(START))
    assert str(desk.folder) not in caught.value.detail


def test_list_discloses_no_path_and_no_argument(desk):
    desk.recorder(args=["--secret-argument"], presets={"quiet": ["--secret-preset"]})

    async def scenario(launcher):
        await start_and_wait(launcher, desk)
        return (await launcher.list_all()).model_dump_json() + (await launcher.read("recorder")).model_dump_json()

    listed = desk.play(scenario)
    assert "secret" not in listed
    assert str(desk.folder) not in listed
    assert '"presets":["quiet"]' in listed


def test_list_is_reloaded_when_it_changes(desk):
    desk.recorder()

    async def scenario(launcher):
        desk.allow(another=entry_for("sleep"))
        return [app.name for app in (await launcher.list_all()).apps]

    assert desk.play(scenario) == ["another"]


def test_events_are_published_when_an_app_starts_and_ends(desk):
    desk.recorder()

    async def scenario(launcher):
        with desk.context.events.subscribed() as news:
            await start_and_wait(launcher, desk)
            assert (await anext(news)).data == {"name": "recorder"}
            await launcher.control(STOP)
            assert (await anext(news)).data == {"name": "recorder"}

    desk.play(scenario)

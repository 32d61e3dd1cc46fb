"""Recognition of an app's processes, and of their exit."""

import asyncio
import os
import shutil
import signal

import psutil
import pytest

from server.core.errors import Conflict
from server.integrations.apps.models import Order
from tests.server.integrations.apps.desk import RESTART, START, STOP, entry_for, eventually, start_and_wait

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that these tests start are written for POSIX")

DETACHES = """
import subprocess, sys, time
if sys.argv[1:]:
    time.sleep(600)
subprocess.Popen([sys.argv[0], "apart"])
"""


def test_process_started_by_the_user_is_left_alone(desk):
    desk.recorder()

    async def scenario(launcher):
        own = desk.run(desk.programs / "recorder")
        await eventually(desk.records)
        status = await launcher.read("recorder")
        assert (status.running, status.pid, status.started_by_deskhand) == (True, own.pid, False)
        for order in (STOP, RESTART):
            with pytest.raises(Conflict, match="Deskhand did not start it"):
                await launcher.preview(order)
            with pytest.raises(Conflict, match="Deskhand did not start it"):
                await launcher.control(order)
        assert own.poll() is None

    desk.play(scenario)


def test_process_started_by_the_user_does_not_count_if_the_entry_says_so(desk):
    desk.recorder(match={"own": False}, stop={"only_ours": False})

    async def scenario(launcher):
        own = desk.run(desk.programs / "recorder")
        await eventually(desk.records)
        assert not (await launcher.read("recorder")).running
        started = await launcher.control(START)
        assert (await launcher.read("recorder")).pid == started.pid
        assert (await launcher.control(STOP)).message == "recorder has been stopped."
        assert own.poll() is None

    desk.play(scenario)


def test_process_started_by_the_user_is_stopped_if_the_entry_says_so(desk):
    desk.recorder(stop={"only_ours": False})
    bystander = desk.write("recorder2")

    async def scenario(launcher):
        own, other = desk.run(desk.programs / "recorder"), desk.run(bystander)
        reader = desk.run("tail", "-f", desk.programs / "recorder")
        await eventually(lambda: desk.records() and desk.records("recorder2"))
        outcome = await launcher.control(STOP)
        assert outcome.message == "recorder has been stopped."
        assert own.wait(60) == -signal.SIGTERM
        assert (other.poll(), reader.poll()) == (None, None)

    desk.play(scenario)


def test_similar_process_name_is_not_stopped(desk):
    desk.recorder("code", stop={"only_ours": False})
    for name in ("code2", "mycode"):
        shutil.copy2(desk.programs / "code", desk.programs / name)

    async def scenario(launcher):
        others = [desk.run(desk.programs / name) for name in ("code2", "mycode")]
        await eventually(lambda: desk.records("code2") and desk.records("mycode"))
        outcome = await launcher.control(Order(app_name="code", action="stop"))
        assert outcome.message == "code is not running."
        assert [process.poll() for process in others] == [None, None]

    desk.play(scenario)


def test_started_process_is_recognized_after_a_restart_of_deskhand(desk):
    desk.recorder()
    started = desk.play(lambda launcher: start_and_wait(launcher, desk))

    async def scenario(launcher):
        status = await launcher.read("recorder")
        assert (status.pid, status.since, status.started_by_deskhand) == (started.pid, started.since, True)
        assert (await launcher.control(STOP)).message == "recorder has been stopped."

    desk.play(scenario)
    assert desk.processes() == []


def test_process_that_ended_while_deskhand_was_off_is_forgotten(desk):
    desk.recorder()
    started = psutil.Process(desk.play(lambda launcher: start_and_wait(launcher, desk)).pid)
    started.kill()
    started.wait(60)

    async def scenario(launcher):
        status = await launcher.read("recorder")
        assert (status.running, status.ended.how) == (False, "It ended while Deskhand was not watching.")

    desk.play(scenario)
    desk.play(check_nothing_is_known)


async def check_nothing_is_known(launcher):
    assert (await launcher.read("recorder")).ended is None


def test_program_that_exits_at_once_with_an_error_code_is_a_failure(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", "raise SystemExit(3)")))

    async def scenario(launcher):
        outcome = await launcher.control(START)
        assert (outcome.success, outcome.message) == (False, "recorder has ended at once. It ended with code 3.")
        assert (await launcher.read("recorder")).ended.code == 3

    desk.play(scenario)


def test_program_that_exits_at_once_with_0_is_a_success(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", "")))
    outcome = desk.play(lambda launcher: launcher.control(START))
    assert (outcome.success, outcome.message) == (True, "recorder has run, and has ended already.")


def test_exit_code_is_reported(desk):
    desk.recorder()

    async def scenario(launcher):
        started = await start_and_wait(launcher, desk)
        os.kill(started.pid, signal.SIGKILL)
        while (status := await launcher.read("recorder")).ended is None:
            await asyncio.sleep(0.01)
        assert not status.running
        assert (status.ended.how, status.ended.code) == ("It was ended by the signal SIGKILL.", -9)
        assert not psutil.pid_exists(started.pid), "it was not reaped"

    desk.play(scenario)


def test_launcher_that_leaves_a_child_process_is_followed(desk):
    desk.allow(recorder=entry_for(desk.write("recorder", DETACHES)))

    async def scenario(launcher):
        started = await launcher.control(START)
        (child,) = await eventually(desk.processes)
        assert (started.success, started.pid) == (True, child.pid)
        assert (await launcher.read("recorder")).started_by_deskhand
        await launcher.control(STOP)

    desk.play(scenario)
    assert desk.processes() == []


def test_launcher_that_hands_over_to_another_process_is_followed(desk):
    engine = desk.write("engine")
    handing = f"import subprocess\nsubprocess.Popen([{engine!r}], start_new_session=True)"
    desk.allow(recorder=entry_for(desk.write("recorder", handing), match={"exe": [engine]}))

    async def scenario(launcher):
        started = await launcher.control(START)
        await eventually(lambda: desk.records("engine"))
        assert started.pid == desk.records("engine")[0]["pid"]
        assert (await launcher.control(START)).message == "recorder is already running."
        await launcher.control(STOP)

    desk.play(scenario)
    assert desk.processes() == []


def test_launcher_whose_program_is_already_running_is_reported(desk):
    engine = desk.write("engine")
    entry = {"match": {"exe": [engine]}, "single_instance": False}
    desk.allow(recorder=entry_for(desk.write("recorder", ""), **entry))

    async def scenario(launcher):
        own = desk.run(engine)
        await eventually(lambda: desk.records("engine"))
        outcome = await launcher.control(START)
        assert (outcome.message, outcome.pid) == ("recorder was running already and has taken the request.", own.pid)
        assert not (await launcher.read("recorder")).started_by_deskhand

    desk.play(scenario)


def test_program_that_is_taken_off_the_list_while_it_starts_is_reported_and_known(desk):
    removed = f"open({str(desk.list)!r}, 'w').write('{{\"version\": 2, \"apps\": {{}}}}')\n"
    entry = entry_for(desk.write("recorder", DETACHES.replace("subprocess.Popen", f"{removed}subprocess.Popen")))
    desk.allow(recorder=entry)

    async def scenario(launcher):
        started = await launcher.control(START)
        (child,) = await eventually(desk.processes)
        assert (started.message, started.pid) == ("recorder has been started.", child.pid)
        desk.allow(recorder=entry)
        assert (await launcher.control(STOP)).message == "recorder has been stopped."

    desk.play(scenario)
    assert desk.processes() == []

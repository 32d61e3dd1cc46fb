"""Previews of app actions."""

import os

import pytest

from server.integrations.apps.models import Order
from tests.server.integrations.apps.desk import RESTART, START, STOP, eventually, start_and_wait

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that these tests start are written for POSIX")


def test_file_is_opened_as_one_argument(desk):
    folder = desk.folder / "papers"
    folder.mkdir()
    (folder / "my notes; rm.txt").write_text("hello")
    desk.recorder(args=["--new"], open={"files": [str(folder)]})
    order = Order(app_name="recorder", action="open", target="my notes; rm.txt")

    async def scenario(launcher):
        effect = await launcher.preview(order)
        outcome = await start_and_wait(launcher, desk, order)
        assert outcome.message == "recorder has opened my notes; rm.txt."
        return effect

    effect = desk.play(scenario)
    file = str(folder / "my notes; rm.txt")
    assert desk.records()[0]["argv"] == ["--new", file]
    assert effect.sentence == "open my notes; rm.txt with recorder"
    fields = dict(effect.fields)
    assert fields["Target"] == file
    assert fields["SHA-256"] == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_url_is_inserted_into_its_template(desk):
    desk.recorder(args=["--app={target}", "--calm"], open={"addresses": ["https://example.com"]})

    async def scenario(launcher):
        await start_and_wait(launcher, desk, Order(app_name="recorder", action="open", target="https://example.com/a?b=c"))
        await launcher.control(STOP)
        await launcher.control(START)
        await eventually(lambda: len(desk.records()) == 2)

    desk.play(scenario)
    assert [record["argv"] for record in desk.records()] == [["--app=https://example.com/a?b=c", "--calm"], ["--calm"]]


def test_effect_is_the_command_that_runs(desk):
    desk.recorder(name="recorder", args=["a b"], env={"EXTRA": "1"})

    async def scenario(launcher):
        effect = await launcher.preview(START)
        await start_and_wait(launcher, desk)
        return effect

    effect = desk.play(scenario, {"HOME": str(desk.folder), "PATH": "/usr/bin"})
    assert effect.sentence == "start recorder"
    assert effect.fields == (
        ("App", "recorder"),
        ("Program", str(desk.programs / "recorder")),
        ("Arguments", '["a b"]'),
        ("Folder", str(desk.folder)),
        ("Variable EXTRA", "1"),
    )


def test_effect_of_a_stop_names_the_processes_that_would_end(desk):
    desk.recorder(stop={"timeout_s": 2.5})

    async def scenario(launcher):
        started = await start_and_wait(launcher, desk)
        effect = await launcher.preview(STOP)
        assert effect == await launcher.preview(STOP)
        assert effect.sentence == "stop recorder"
        assert effect.fields == (
            ("App", "recorder"),
            ("Process", f"{started.pid}, since {started.since}"),
            ("Ends", "asked to go, and ended after 2.5 seconds, with all that it has started"),
        )

    desk.play(scenario)


def test_preview_starts_and_stops_nothing(desk):
    desk.recorder()

    async def scenario(launcher):
        await launcher.preview(START)
        assert desk.processes() == []
        await start_and_wait(launcher, desk)
        await launcher.preview(STOP)
        await launcher.preview(RESTART)

    desk.play(scenario)
    assert len(desk.processes()) == len(desk.records()) == 1

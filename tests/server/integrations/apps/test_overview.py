from server.integrations.apps.models import Action, Order
from server.integrations.apps.overview import view_list
from tests.server.integrations.apps.desk import entry_for, eventually


def test_overview_shows_commands_and_processes(desk):
    desk.allow(
        recorder=entry_for(desk.write("recorder"), args=["--x"]),
        gone=entry_for(str(desk.programs / "gone")),
        hidden=entry_for("sleep", enabled=False),
    )

    async def scenario(launcher):
        started = await launcher.control(Order(app_name="recorder", action=Action.start))
        await eventually(desk.records)
        shown = await view_list(launcher)
        assert shown.file == str(desk.list)
        apps = {app.name: app for app in shown.apps}
        assert apps["recorder"].command == [str(desk.programs / "recorder"), "--x"]
        assert apps["recorder"].pids == [started.pid]
        assert (apps["gone"].command, apps["gone"].available) == ([], False)
        assert not apps["hidden"].enabled
        await launcher.save(shown.list)
        assert (await view_list(launcher)).list == shown.list

    desk.play(scenario)

from server.integrations.tools.presets.startup import VARIABLE, add_wanted, read_inputs


async def test_wanted_preset_is_added_once_with_the_values_of_the_environment(service, preset) -> None:
    await add_wanted(service.presets, {})
    assert service.servers.upstreams == {}
    wanted = {VARIABLE: "unknown, tiny", "TINY_TOKEN": "from-the-environment"}
    await add_wanted(service.presets, wanted)
    assert (await service.servers.try_tool("tiny", "look", {})).text.startswith("from-the-environment")
    await add_wanted(service.presets, wanted | {"TINY_TOKEN": "another"})
    assert (await service.servers.try_tool("tiny", "look", {})).text.startswith("from-the-environment"), "it is there"


def test_only_inputs_with_variables_are_read(preset) -> None:
    assert read_inputs(preset, {"TINY_TOKEN": "a", "folder": "b"}) == {"token": "a"}
    assert read_inputs(preset, {"TINY_TOKEN": ""}) == {}

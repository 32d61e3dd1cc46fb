from server.sdk.health import Health


async def test_service_is_well_by_default() -> None:
    health = Health()
    await health.refresh()
    assert (health.problem, health.setup_hint, health.summary, await health.list_addresses()) == (None, None, None, {})

from server.sdk.routing import DeferredRouter


def test_routes_are_made_in_the_order_of_their_declaration_when_they_are_read() -> None:
    router = DeferredRouter(prefix="/things")

    @router.get("/list")
    async def list_things() -> list[str]:
        return []

    @router.get("/{name}")
    async def read_thing(name: str) -> str:
        return name

    assert router.endpoints == [list_things, read_thing]
    assert [route.path for route in router.routes] == ["/things/list", "/things/{name}"]
    assert router.endpoints == [list_things, read_thing]

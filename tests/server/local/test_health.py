from server.http.addresses import Address
from server.local.health import list_problems
from server.runtime.state import open_state
from server.sdk.integration import Integration, IntegrationSpec
from server.storage.data_dir import open_home


def load() -> IntegrationSpec:
    raise ModuleNotFoundError("missing_library")


async def test_broken_integration_is_a_problem_that_names_it(tmp_path) -> None:
    with open_home(tmp_path, demo=False) as home:
        async with open_state(home, Address()) as state:
            assert list_problems(state) == []
            state.runtime.start(state.context, lambda: [Integration("notes", "Notes", ("/notes",), load)])
            await state.runtime.wait()
            assert list_problems(state) == ["Notes could not be started. Deskhand's log says why."]
            await state.runtime.stop()

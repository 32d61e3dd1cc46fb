"""Shared fixtures. A test without its system packages is skipped with the reason, or fails if CI=true."""

import gc
import os
import re
import sys
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure
settings.load_profile("patient")

os.environ["DESKHAND_COMMAND"] = "deskhand"  # however the tests were started
os.environ.setdefault("DESKHAND_DEMO_OMI", "quiet")  # a test that wants the demo's deliveries asks for them
os.environ.setdefault("DESKHAND_DEMO_TOOLS", "off")
os.environ.setdefault("DESKHAND_DEMO_OPENAI", "quiet")
os.environ.setdefault("DESKHAND_DEMO_QUEUE", "off")
for variable in [name for name in os.environ if name.startswith("OPENAI_")]:
    del os.environ[variable]  # of whoever runs the tests

ROOT = Path(__file__).resolve().parents[1]
SHORT_SECONDS = 300  # that the short form of a long check may take on a busy machine
LONG_SECONDS = 3_600  # that the long form of one may take which says nothing else

# A test that needs no folder, and whose module and fixtures import none of these, is marked `pure`. It must do none of those.
IMPURE_MODULES = {
    "playwright.sync_api",
    "server.integrations.conversations.fake",
    "server.integrations.gmail.fake",
    "server.integrations.queue.fake",
    "server.http.server",
    "server.outbound.webhooks.network",
    "server.outbound.webhooks.receivers",
    "server.sdk.fake_server",
    "server.sdk.service_addresses",
    "server.integrations.tools.presets.pythons",
    "socket",
    "subprocess",
    "tests.loopback",
    "tests.server.integrations.queue.queue_machine",
    "tests.server.integrations.queue.queue_setup",
    "tests.server.listening",
    "tests.window.conftest",
}
IMPURE_IMPORT = re.compile(rf"^(from|import) ({'|'.join(map(re.escape, sorted(IMPURE_MODULES)))}) ?(import|as|$)", re.MULTILINE)
IMPURE_FOLDERS = {ROOT / "tests" / name for name in ("checks", "extension", "mutants", "window")}
IMPURE_EVENTS = {"os.exec", "os.fork", "os.posix_spawn", "os.system", "socket.bind", "socket.connect", "subprocess.Popen"}
impure_events: set[str] = set()  # of the current test


def need(available: object, what: str, how: str) -> None:
    """Skip the test unless `found`, or fail it where CI=true: `need(shutil.which("ps"), "ps", "apt-get install procps")`."""
    if available:
        return
    reason = f"needs {what}: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long checks in full, which takes most of an hour")
    parser.addoption("--draw", action="store_true", help="make the pictures of the icon anew from assets/icon.svg")
    parser.addoption("--pictures", action="store_true", help="put pictures of the window's pages into docs/pictures")


def pytest_configure(config: pytest.Config) -> None:
    """With `-m pure`, watch for servers and processes."""
    if config.option.markexpr == "pure":
        sys.addaudithook(lambda event, _: impure_events.add(event) if event in IMPURE_EVENTS else None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from a million objects of items and modules: visiting them took a quarter of all time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m pure`, leave out what need not be imported to know it: files that import one of IMPURE_MODULES, and folders."""
    if config.option.markexpr != "pure":
        return None
    if collection_path.suffix != ".py":
        return True if collection_path in IMPURE_FOLDERS else None
    return True if IMPURE_IMPORT.search(collection_path.read_text(encoding="utf-8")) else None


@cache
def is_pure_module(name: str) -> bool:
    return not any(
        (getattr(value, "__name__", "") if isinstance(value, ModuleType) else getattr(value, "__module__", "")) in IMPURE_MODULES
        for value in vars(sys.modules[name]).values()
    )


@pytest.hookimpl(tryfirst=True)  # before -m deselects
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark the tests that start no server, browser or process. The many short ones come last, so that no worker ends late."""
    items.sort(key=lambda item: item.path.is_relative_to(ROOT / "tests" / "server"))
    for item in items:
        limit = item.get_closest_marker("timeout")
        if limit and limit.args[0] > SHORT_SECONDS and not item.config.option.long:
            item.add_marker(pytest.mark.timeout(SHORT_SECONDS), append=False)
        fixtures = item._fixtureinfo.name2fixturedefs
        if "long" in fixtures and not limit and item.config.option.long:
            item.add_marker(pytest.mark.timeout(LONG_SECONDS))
        modules = {
            item.module.__name__,
            *(definition.func.__module__ for definitions in fixtures.values() for definition in definitions),
        }
        if "tmp_path_factory" not in fixtures and all(map(is_pure_module, modules)):
            item.add_marker("pure")


def pytest_runtest_setup() -> None:
    impure_events.clear()


def pytest_runtest_teardown() -> None:
    assert not impure_events, f"{impure_events}: a module of this test imports what IMPURE_MODULES lacks"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After a whole run no key, code, token or secret lies in clear in any folder that a test has used."""
    whole = os.environ.get("CI") == "true" or session.config.getoption("--long")
    if not whole or hasattr(session.config, "workerinput"):
        return
    from tests.checks.canary import find_ours

    leaks = find_ours(session.config._tmp_path_factory.getbasetemp())  # type: ignore[attr-defined]
    if leaks:
        print("\nSecrets lie in clear in:", *leaks, sep="\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def forget_endpoints() -> None:
    """Empty FastAPI's caches of functions that it has classified: an endpoint there keeps its whole program alive."""
    models = sys.modules.get("fastapi.dependencies.models")
    for cached in vars(models).values() if models else ():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


@pytest.fixture(autouse=True, scope="module")
def stopped_programs_are_freed() -> Iterator[None]:
    """Free the programs that a module of tests has stopped."""
    yield
    forget_endpoints()


@pytest.fixture(autouse=True, scope="session")
def new_databases_are_copied(pytestconfig: pytest.Config) -> Iterator[None]:
    """Run the migrations once for all tests of a process, for a database was made anew for most of them."""
    if pytestconfig.option.markexpr == "pure":
        yield
        return
    from server.storage import migrations
    from tests.new_databases import copy_new

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "upgrade_file", copy_new(migrations.upgrade_file))
        yield


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Return whether a long check runs in full."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest) -> bool:
    """Return whether the screenshots are made again."""
    return bool(request.config.getoption("--pictures"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio alone, which the program runs on."""
    return "asyncio"


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT

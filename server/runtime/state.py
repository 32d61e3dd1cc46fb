"""What a server holds while it runs: opened from its folder in order, closed in reverse."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from server.access.activity.log import Activity
from server.access.approvals.expiry import watch
from server.access.approvals.prompts import CallPrompts
from server.access.approvals.routes import approvals as approval_routes
from server.access.approvals.runner import Runner
from server.access.approvals.service import Approvals
from server.access.clients.registry import Clients
from server.access.clients.usage import Usage
from server.access.guard.call import GuardServices
from server.access.guard.guard import Guard
from server.access.guard.rate_limits import Limits
from server.access.oauth.oauth_clients import OAuthClients
from server.access.oauth.service import OAuth
from server.access.pause import Pause
from server.core.clock import Clock
from server.core.events import Events
from server.http.addresses import Address
from server.http.in_process import InProcessClient
from server.outbound.fetch import Fetch
from server.runtime.integrations import Runtime, find_migrations
from server.runtime.updates import Updates, find_place
from server.sdk.approval_requests import Questions
from server.sdk.context import Context
from server.sdk.desktop import NoScreen, Screen
from server.storage.backup import finish_restore
from server.storage.data_dir import Home
from server.storage.database import DATABASE_FILE, Database, open_database
from server.storage.keyring_worker import Patience
from server.storage.migrations import migrate
from server.storage.secrets import SECTION, Secrets
from server.storage.settings import Settings
from server.storage.sqlite import check
from server.system.sleep_inhibitor import Awake
from server.tunnel.backoff import Timing
from server.tunnel.fake.launch import agent_command
from server.tunnel.ngrok import Ngrok
from server.tunnel.service import Tunnel


@dataclass(frozen=True)
class Rules:
    """How often clients may call."""

    reading: str = "300/minute"
    changing: str = "60/minute"


@dataclass(frozen=True)
class State:
    """`key` opens the local surface, and is new at every start.

    Each of these answers a sentence for the person, or None: `notices` tell what has happened, until they are put away;
    `complaints` tell what is wrong, as long as it is. `quitting`: the person asked the program to end.
    `farewells` are awaited when the server stops, before its sockets go.
    """

    home: Home
    context: Context
    address: Address
    clients: Clients
    usage: Usage
    activity: Activity
    approvals: Approvals
    runner: Runner
    pause: Pause
    guard: Guard
    programs: OAuthClients
    oauth: OAuth
    runtime: Runtime
    tunnel: Tunnel
    updates: Updates
    key: str
    notices: list[Callable[[], str | None]] = field(default_factory=list)
    complaints: list[Callable[[], str | None]] = field(default_factory=list)
    put_away: set[str] = field(default_factory=set)
    quitting: asyncio.Event = field(default_factory=asyncio.Event)
    inside: InProcessClient = field(default_factory=InProcessClient)
    farewells: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def list_notices(self) -> list[str]:
        """What has happened and was not put away."""
        return [sentence for notice in self.notices if (sentence := notice()) and sentence not in self.put_away]

    def list_complaints(self) -> list[str]:
        """What is wrong that belongs to no integration."""
        return [sentence for complaint in self.complaints if (sentence := complaint())]

    async def run_approvals(self) -> None:
        """Run what was approved before the start; from then on end what nobody answers."""
        await self.runner.resume()
        await watch(self.approvals, self.context.clock)

    async def tell_woke(self, seconds: float) -> None:
        """Tell whoever listens that this computer slept; the tunnel looks at itself at once."""
        self.context.events.publish("woke", {"seconds": round(seconds)})
        await self.tunnel.look_now()


@asynccontextmanager
async def open_state(
    home: Home,
    address: Address,
    *,
    demo: bool = False,
    rules: Rules | None = None,
    screen: Screen | None = None,
    clock: Clock | None = None,
    tunnel_timing: Timing | None = None,
) -> AsyncIterator[State]:
    """Open the store in a folder whose lock is held, migrated to today. Integrations are not started yet."""
    clock, rules = clock or Clock(), rules or Rules()
    data = home.folders.data
    used = (data / DATABASE_FILE).exists()
    finish_restore(data, home.folders.config)
    check(data / DATABASE_FILE)
    migrate(data / DATABASE_FILE, find_migrations())
    database = open_database(data / DATABASE_FILE)
    try:
        context = make_context(home, address, database, screen or NoScreen(), clock, demo=demo, used=used)
        state = make_state(home, address, context, rules, tunnel_timing)
        await state.clients.load()
        await state.activity.recover()
        await state.approvals.recover()
        yield state
    finally:
        await database.close()


def make_state(home: Home, address: Address, context: Context, rules: Rules, timing: Timing | None) -> State:
    """Put the parts together."""
    database, clock = context.database, context.clock
    clients, activity = Clients(database, clock), Activity(database, context.events, clock)
    pause, usage, inside = Pause(context.settings, clock), Usage(database, address, clock), InProcessClient()
    approvals, programs = Approvals(context, activity), OAuthClients(clients, database, clock)
    limits = Limits(rules.reading, rules.changing)
    runner = Runner(approvals, clients, inside)
    context.questions.add(CallPrompts(approvals, runner, clients, pause))
    runtime = Runtime(core=(approval_routes,), services={Approvals: approvals})
    return State(
        home=home,
        context=context,
        address=address,
        clients=clients,
        usage=usage,
        activity=activity,
        approvals=approvals,
        runner=runner,
        pause=pause,
        programs=programs,
        oauth=OAuth(context, address, clients, programs, activity, runtime.scopes),
        guard=Guard(GuardServices(clients, usage, activity, approvals, limits, pause, clock, address)),
        runtime=runtime,
        tunnel=Tunnel(context, address, Ngrok(), command=agent_command() if context.demo else None, awake=Awake(), timing=timing),
        updates=Updates(context, find_place()),
        key=secrets.token_urlsafe(32),
        inside=inside,
    )


def make_context(
    home: Home, address: Address, database: Database, screen: Screen, clock: Clock, *, demo: bool, used: bool
) -> Context:
    """Make what integrations are handed. `used`: there was a database here before."""
    data, settings, events = home.folders.data, Settings(home.folders.data), Events()
    patience = settings.read(SECTION, Patience)
    return Context(
        folders=home.folders,
        settings=settings,
        secrets=Secrets(data, folder_only=home.own, from_before=used, patience=patience),
        database=database,
        events=events,
        fetch=Fetch(only_allowed=demo),
        screen=screen,
        questions=Questions(events, screen),
        clock=clock,
        demo=demo,
        local_address=lambda: address.local,
        address=address,
    )

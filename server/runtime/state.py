"""Services of a running server: opened in order, closed in reverse."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from server.access.activity.log import Activity
from server.access.approvals.expiry import watch
from server.access.approvals.prompts import CallPrompts
from server.access.approvals.routes import approvals as approval_routes
from server.access.approvals.runner import Runner
from server.access.approvals.service import Approvals
from server.access.clients.callers import Callers
from server.access.clients.paired import ClientPairing
from server.access.clients.registry import Clients
from server.access.clients.usage import Usage
from server.access.guard.admissions import ClientAdmissions
from server.access.guard.authentication import Authenticator
from server.access.guard.call import GuardServices
from server.access.guard.guard import Guard
from server.access.guard.rate_limits import Limits
from server.access.jobs.routes import jobs as job_routes
from server.access.jobs.service import Jobs
from server.access.oauth.oauth_clients import OAuthClients
from server.access.oauth.service import OAuth
from server.access.pause import Pause
from server.core.clock import Clock
from server.core.events import Events
from server.core.memory_budget import MemoryBudget
from server.core.tasks import Tasks
from server.http.addresses import Address
from server.http.in_process import InProcessClient
from server.integrations import find_archive_migrations, find_migrations
from server.outbound.fetch import Fetch
from server.outbound.trusted_hosts import SECTION as DOWNLOADS
from server.outbound.trusted_hosts import DownloadSettings
from server.outbound.webhooks.service import Webhooks
from server.runtime.integrations import Runtime
from server.runtime.updates import Updates
from server.runtime.webhooks import make_webhooks
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.assets import Assets
from server.sdk.context import Context
from server.sdk.desktop import NoScreen, Screen
from server.storage.archive import open_archive
from server.storage.backup import finish_restore
from server.storage.data_dir import DataDir
from server.storage.database import DATABASE_FILE, Database
from server.storage.keyring_worker import KeyringTimeouts
from server.storage.migrations import migrate, remove_unfinished
from server.storage.secrets import SECTION, Secrets
from server.storage.settings import Settings
from server.storage.sqlite import check
from server.system.sleep_inhibitor import SleepInhibitor
from server.tunnel.backoff import Timing
from server.tunnel.fake.launch import agent_command
from server.tunnel.ngrok import Ngrok
from server.tunnel.service import Tunnel


@dataclass(frozen=True)
class RateLimits:
    """Rate limits of clients."""

    reading: str = "300/minute"
    changing: str = "60/minute"


@dataclass(frozen=True)
class State:
    """`key` opens the local surface, and is new at every start.

    `notices` and `problem_sources` each return a sentence for the person, or None; notices can be dismissed.
    `undone`: numbers of the calls that the person undid since the start.
    `quitting`: the person asked the program to end. `restarting`: it is to start again, with other data.
    `shutdown_hooks` are awaited before the sockets close.
    """

    home: DataDir
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
    jobs: Jobs
    assets: Assets
    webhooks: Webhooks
    key: str
    notices: list[Callable[[], str | None]] = field(default_factory=list)
    problem_sources: list[Callable[[], str | None]] = field(default_factory=list)
    put_away: set[str] = field(default_factory=set)
    undone: set[int] = field(default_factory=set)
    quitting: asyncio.Event = field(default_factory=asyncio.Event)
    restarting: asyncio.Event = field(default_factory=asyncio.Event)
    inside: InProcessClient = field(default_factory=InProcessClient)
    shutdown_hooks: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def list_notices(self) -> list[str]:
        """List the notices that were not dismissed."""
        return [sentence for notice in self.notices if (sentence := notice()) and sentence not in self.put_away]

    def list_problems(self) -> list[str]:
        """List the problems that belong to no integration."""
        return [sentence for problem in self.problem_sources if (sentence := problem())]

    async def run_approvals(self) -> None:
        """Run what was approved before the start; from then on end what nobody answers."""
        await self.runner.resume()
        await watch(self.approvals, self.context.clock)

    async def report_wake_up(self, seconds: float) -> None:
        """Publish that this computer slept, and check the tunnel at once."""
        self.context.events.publish("woke", {"seconds": round(seconds)})
        await self.tunnel.check_now()


@asynccontextmanager
async def open_state(
    home: DataDir,
    address: Address,
    *,
    demo: bool = False,
    rules: RateLimits | None = None,
    screen: Screen | None = None,
    clock: Clock | None = None,
    tunnel_timing: Timing | None = None,
) -> AsyncIterator[State]:
    """Open the store in a folder whose lock is held, migrated to today. Integrations are not started yet."""
    clock, rules = clock or Clock(), rules or RateLimits()
    data = home.folders.data
    used = (data / DATABASE_FILE).exists()
    finish_restore(data, home.folders.config)
    remove_unfinished(data / DATABASE_FILE)
    check(data / DATABASE_FILE)
    migrate(data / DATABASE_FILE, find_migrations())
    database = Database(data / DATABASE_FILE)
    context = make_context(home, address, database, screen or NoScreen(), clock, demo=demo, used=used)
    try:
        state = make_state(home, address, context, rules, tunnel_timing)
        await state.clients.load()
        await state.activity.recover()
        await state.approvals.recover()
        await state.jobs.recover()
        state.problem_sources.extend([lambda: context.tasks.problem, lambda: state.webhooks.changes.problem])
        yield state
    finally:
        await context.tasks.close()
        await context.http.close()
        await context.archive.close()
        await database.close()


def make_state(home: DataDir, address: Address, context: Context, rules: RateLimits, timing: Timing | None) -> State:
    """Put the parts together."""
    database, clock = context.database, context.clock
    clients, activity = Clients(database, clock), Activity(database, context.events, clock)
    callers = Callers(clients)
    webhooks = make_webhooks(context, address)
    pause, usage, limits = Pause(context.settings, clock), Usage(database, address, clock), Limits(rules.reading, rules.changing)
    context = replace(context, caller_tokens=callers, webhooks=webhooks.outbox, is_paused=pause.is_on)
    context = connect_clients(context, Authenticator(clients, usage, address), limits, activity)
    runtime = Runtime(core=(approval_routes, job_routes))
    approvals, programs = Approvals(context, activity), OAuthClients(clients, database, clock)
    inside = InProcessClient(runtime.dynamic)
    memory = MemoryBudget(home.folders.data)
    runner = Runner(approvals, clients, inside, context.tasks, memory)
    context.approval_requests.add(CallPrompts(approvals, runner, clients, pause, context.tasks))
    jobs, assets = Jobs(database, context.settings, context.tasks, clock), Assets(clock)
    runtime.services |= {Approvals: approvals, Assets: assets, Jobs: jobs, Address: address}
    command = agent_command() if context.demo else None
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
        guard=Guard(
            GuardServices(
                clients, usage, activity, approvals, limits, pause, clock, address, memory, jobs, callers, context.tasks
            )
        ),
        runtime=runtime,
        tunnel=Tunnel(context, address, Ngrok(), command=command, inhibitor=SleepInhibitor(), timing=timing),
        updates=Updates(context),
        key=secrets.token_urlsafe(32),
        inside=inside,
        jobs=jobs,
        assets=assets,
        webhooks=webhooks,
    )


def connect_clients(context: Context, authenticator: Authenticator, limits: Limits, activity: Activity) -> Context:
    """Give integrations the ways in which they deal with clients."""
    clients = authenticator.clients
    context.operations.withdraw = clients.withdraw
    return replace(
        context,
        admit=ClientAdmissions(authenticator, limits, activity, context.clock),
        paired_clients=ClientPairing(clients, context.settings, context.events),
    )


def make_context(
    home: DataDir, address: Address, database: Database, screen: Screen, clock: Clock, *, demo: bool, used: bool
) -> Context:
    """Make what integrations are handed. `used`: there was a database here before."""
    data, settings, events = home.folders.data, Settings(home.folders.data), Events()
    tasks = Tasks()
    timeouts = settings.read(SECTION, KeyringTimeouts)
    return Context(
        folders=home.folders,
        settings=settings,
        secrets=Secrets(data, folder_only=home.own, from_before=used, timeouts=timeouts),
        database=database,
        events=events,
        fetch=Fetch(only_allowed=demo, trusted_hosts=lambda: settings.read(DOWNLOADS, DownloadSettings).trusted_hosts),
        screen=screen,
        approval_requests=ApprovalRequests(events, screen, tasks),
        clock=clock,
        demo=demo,
        local_address=lambda: address.local,
        address=address,
        tasks=tasks,
        archive=open_archive(data, find_archive_migrations()),
    )

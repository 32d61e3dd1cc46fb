"""Everything that an integration receives at start."""

from collections.abc import Callable
from dataclasses import dataclass, field

from server.core.clock import Clock
from server.core.events import Events
from server.core.tasks import Tasks
from server.http.addresses import Address
from server.outbound.fetch import Fetch
from server.outbound.http_client import HttpClient
from server.outbound.webhooks.outbox import Outbox
from server.sdk.admission import Admissions
from server.sdk.approval_requests import ApprovalRequests
from server.sdk.caller_tokens import CallerTokens
from server.sdk.desktop import Screen
from server.sdk.offers import Offers
from server.sdk.operation_changes import OperationChanges
from server.sdk.paired_clients import PairedClients
from server.storage.archive import no_archive
from server.storage.data_dir import Folders
from server.storage.database import Database
from server.storage.secrets import Secrets
from server.storage.settings import Settings


@dataclass(frozen=True)
class Context:
    """`demo`: nothing outside this computer may be reached. `local_address` returns the local surface's base address.

    `address`: where Deskhand is reached now. `tasks` end with the program. `http`: for addresses that no caller chose.
    `archive`: the second database, of imported history. It may be unusable, which its use then says.
    `caller_tokens`: lets callers with a token of their own use a scope.
    `paired_clients`: makes clients for programs that were paired.
    `operations`: for an integration whose dynamic operations have changed. `offers`: what integrations provide for each other.
    `webhooks`: stores events for their receivers. `admit`: lets clients open connections that are no calls of operations.
    `is_paused`: whether the person has paused all actions.
    """

    folders: Folders
    settings: Settings
    secrets: Secrets
    database: Database
    events: Events
    fetch: Fetch
    screen: Screen
    approval_requests: ApprovalRequests
    clock: Clock = field(default_factory=Clock)
    demo: bool = False
    local_address: Callable[[], str] = lambda: ""
    address: Address = field(default_factory=Address)
    tasks: Tasks = field(default_factory=Tasks)
    http: HttpClient = field(default_factory=HttpClient)
    archive: Database = field(default_factory=no_archive)
    caller_tokens: CallerTokens = field(default_factory=CallerTokens)
    operations: OperationChanges = field(default_factory=OperationChanges)
    offers: Offers = field(default_factory=Offers)
    webhooks: Outbox = field(default_factory=Outbox)
    admit: Admissions = field(default_factory=Admissions)
    is_paused: Callable[[], bool] = lambda: False
    paired_clients: PairedClients = field(default_factory=PairedClients)

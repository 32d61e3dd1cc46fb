"""Local routes of the browsers that take prompts: their health, self-test and pairing."""

from datetime import UTC
from typing import Annotated

from fastapi import Path, Response

from server.core.command import format_command
from server.integrations.queue.extension.registry import PairedExtension
from server.integrations.queue.extension.service import ImportAction
from server.integrations.queue.extension_files import SITE
from server.integrations.queue.local_models import ExtensionList, ExtensionView, HistoryView, PairingView
from server.integrations.queue.monitor_views import write_time
from server.integrations.queue.service import QueueService
from server.sdk.routing import DeferredRouter
from server.sdk.services import provided

local = DeferredRouter(prefix="/api/extension", tags=["Browser queue"])
Queued = Annotated[QueueService, provided(QueueService)]
ExtensionId = Annotated[str, Path(min_length=1, max_length=200)]


@local.get("")
async def list_extensions(service: Queued) -> ExtensionList:
    """Lists the paired browsers and their health."""
    wanted = service.extensions.wanted_version
    return ExtensionList(
        extensions=[view(extension, wanted) for extension in await service.extensions.registry.list()],
        wanted_version=wanted,
        site=service.queue.read_settings().site if service.context.demo else SITE,
        command=format_command("extension"),
    )


@local.post("/pairing", status_code=201)
async def begin_pairing(service: Queued) -> PairingView:
    """Makes a code for the extension of a browser on this computer."""
    code = service.extensions.pairing.begin()
    return PairingView(code=code.code, expires_at=code.expires_at.astimezone(UTC).isoformat())


@local.post("/{extension_id}/self-test", status_code=204)
async def test_extension(service: Queued, extension_id: ExtensionId) -> Response:
    """Has an extension compare ChatGPT's page with what it knows of it."""
    await service.extensions.start_self_test(extension_id)
    return Response(status_code=204)


@local.post("/{extension_id}/import", status_code=204)
async def import_history(service: Queued, extension_id: ExtensionId) -> Response:
    """Has an extension import the person's ChatGPT history into the archive, from where it stopped."""
    await service.extensions.start_import(extension_id, None, None)
    return Response(status_code=204)


@local.post("/{extension_id}/import/{action}", status_code=204)
async def control_import(service: Queued, extension_id: ExtensionId, action: ImportAction) -> Response:
    """Pauses, resumes or stops an import. What it has brought stays."""
    await service.extensions.control_import(extension_id, action)
    return Response(status_code=204)


@local.delete("/{extension_id}", status_code=204)
async def remove_extension(service: Queued, extension_id: ExtensionId) -> Response:
    """Ends an extension's key at once."""
    await service.extensions.remove(extension_id)
    return Response(status_code=204)


def view(extension: PairedExtension, wanted: str) -> ExtensionView:
    """View an extension and its health."""
    page, test, history = extension.page, extension.self_test, extension.history
    return ExtensionView(
        id=extension.id,
        name=extension.name,
        browser=extension.browser,
        version=extension.version,
        connected=extension.connected,
        last_seen=write_time(extension.last_seen),
        page=page.state if page else "",
        detail=page.detail if page else "",
        missing=sorted({*(page.missing if page else ()), *(test.missing if test else ())}),
        test_ok=test.ok if test else None,
        outdated=bool(extension.version) and extension.version != wanted,
        history=HistoryView(**history.model_dump(exclude={"type", "stopped"})) if history else None,
    )

"""Record of a server between two starts: its lists as they were last, and the text of each tool as the person knows it.

It is in no backup: what somebody else wrote there must not count as known.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from server.integrations.tools.models import Catalog, Frozen, Tool
from server.integrations.tools.names import ToolKey, identify, sanitize
from server.integrations.tools.schemas.portable import make_portable
from server.integrations.tools.stored import fingerprint_tool
from server.system.files import make_private_folder, not_stored, replace_file

FOLDER = "tools"
MOST_KNOWN = 5_000  # tools of one server, also those that it does not list any more

log = logging.getLogger(__name__)


class ToolText(Frozen):
    """Everything that people and models see of a tool. `fingerprint`: of the tool as its server described it."""

    fingerprint: str
    title: str = ""
    description: str = ""
    parameters: Mapping[str, Any] = {}
    annotations: Mapping[str, Any] = {}


class ServerRecord(Frozen):
    """`fingerprint`: of the configuration. `known`: texts of tools as they were listed first, or accepted since, by identity.

    `instructions`: the server's, as they were first, or accepted since.
    """

    fingerprint: str = ""
    catalog: Catalog = Catalog()
    known: Mapping[str, ToolText] = {}
    instructions: str | None = None

    def find(self, server_id: str, tool: Tool) -> ToolText | None:
        """Find the known text of a tool."""
        return self.known.get(identify(ToolKey(server_id, tool.name)))

    def observe(self, server_id: str, tools: Iterable[Tool], catalog: Catalog, instructions: str = "") -> "ServerRecord":
        """Note the lists of a server; what is new becomes known as it is. Blocks."""
        known = instructions if self.instructions is None else self.instructions
        added = [tool for tool in tools if self.find(server_id, tool) is None][: max(0, MOST_KNOWN - len(self.known))]
        return self.accept(server_id, added).model_copy(update={"catalog": catalog, "instructions": known})

    def accept(self, server_id: str, tools: Iterable[Tool]) -> "ServerRecord":
        """Know tools as they are now. Blocks."""
        texts = {identify(ToolKey(server_id, tool.name)): read_text(tool) for tool in tools}
        return self.model_copy(update={"known": {**self.known, **texts}})


def read_text(tool: Tool) -> ToolText:
    """Read what people and models see of a tool."""
    parameters = make_portable(tool.input_schema).schema
    shown = tool.model_dump(include={"title", "description", "annotations"})
    return ToolText(fingerprint=fingerprint_tool(tool), parameters=parameters, **shown)


class Records:
    """Records in files, by id of the server. All methods block."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def read(self, server_id: str, fingerprint: str) -> ServerRecord:
        """Read the record of a server; an empty one if there is none of this configuration."""
        try:
            record = ServerRecord.model_validate_json(self._find(server_id).read_bytes())
        except FileNotFoundError:
            record = ServerRecord()
        except (OSError, ValidationError):
            log.warning("What is known of an MCP server could not be read.")
            record = ServerRecord()
        return record if record.fingerprint == fingerprint else ServerRecord(fingerprint=fingerprint)

    def write(self, server_id: str, record: ServerRecord) -> None:
        """Replace the record of a server. Raises Unavailable."""
        path = self._find(server_id)
        try:
            make_private_folder(self._folder)
            replace_file(path, json.dumps(record.model_dump(mode="json")).encode())
        except OSError as error:
            raise not_stored(error, path.name) from error

    def delete(self, server_id: str) -> None:
        """Delete the record of a server."""
        self._find(server_id).unlink(missing_ok=True)

    def _find(self, server_id: str) -> Path:
        return self._folder / f"{sanitize(server_id)}.json"

"""Views of imports."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from server.integrations.conversations.imports.models import Import, ImportProgress, Preview, Report, State


def view(row: Mapping[str, Any], progress: ImportProgress | None) -> Import:
    """Show a row of an import."""
    is_active = row["state"] in {State.previewing, State.running}
    return Import(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        error=row["error"] or None,
        started_at=iso(row["started_at"]),
        ended_at=iso(row["ended_at"]),
        preview=Preview.model_validate_json(row["preview"]) if row["preview"] else None,
        progress=(progress or ImportProgress(done=row["position"])) if is_active else None,
        report=Report.model_validate(json.loads(row["report"])) if row["report"] else None,
    )


def iso(time: float | None) -> str | None:
    """Write seconds since 1970 as ISO 8601."""
    return None if time is None else datetime.fromtimestamp(time, UTC).isoformat()

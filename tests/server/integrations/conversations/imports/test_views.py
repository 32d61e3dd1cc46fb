import json

from server.integrations.conversations.imports.models import ImportProgress, State
from server.integrations.conversations.imports.views import iso, view
from tests.server.integrations.conversations.exports import RUN

ROW = RUN | {"id": 1, "error": "", "started_at": None, "ended_at": 0.0, "preview": "", "report": "", "position": 7}


def test_active_import_shows_its_progress():
    assert view(ROW, None).progress == ImportProgress(done=7)
    assert view(ROW, ImportProgress(done=9)).progress == ImportProgress(done=9)
    assert view(ROW | {"state": "done"}, ImportProgress(done=9)).progress is None


def test_preview_and_report_are_shown():
    shown = view(ROW | {"state": "done", "preview": '{"total": 3}', "report": json.dumps({"imported": 2})}, None)
    assert shown.state is State.done
    assert shown.preview
    assert shown.preview.total == 3
    assert shown.report
    assert (shown.report.imported, shown.report.failed) == (2, [])


def test_time_is_written_in_iso():
    assert iso(0.0) == "1970-01-01T00:00:00+00:00"
    assert iso(None) is None

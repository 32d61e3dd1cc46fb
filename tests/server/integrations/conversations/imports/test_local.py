"""The local routes of imports, over HTTP, from the preview of an upload to its undoing."""

import json

from tests.server.integrations.conversations.import_setup import CHATS, write


def wait(served, current):
    while current["state"] in {"previewing", "running"}:
        current = served.person("GET", f"/api/imports/{current['id']}?wait=20").json()
    return current


def test_upload_is_previewed_imported_and_undone(serve, tmp_path):
    served = serve()
    assert served.person("GET", "/api/imports").json() == {"imports": []}
    body = json.dumps(CHATS).encode() + b" " * 2_000_000  # more than other requests may have
    headers = {"X-File-Name": "my%20export.json"}
    current = wait(served, served.person("POST", "/api/imports/upload", content=body, headers=headers).json())
    assert (current["name"], current["state"]) == ("my export.json", "ready")
    assert current["preview"] == {
        "total": 2,
        "years": [{"year": 2022, "count": 2}],
        "projects": [],
        "attachments": 0,
        "other": [],
        "deleted": [],
    }
    assert current["progress"] is current["report"] is current["error"] is None
    path = f"/api/imports/{current['id']}"
    done = wait(served, served.person("POST", f"{path}/start", json={"years": None, "projects": None}).json())
    assert done["report"] == {"imported": 2, "updated": 0, "unchanged": 0, "skipped": 0, "failed": [], "notes": []}
    assert served.person("GET", "/api/chats").json()["total"] == 2
    assert served.person("DELETE", path).status_code == 409
    assert wait(served, served.person("POST", f"{path}/undo").json())["state"] == "undone"
    assert served.person("GET", "/api/chats").json()["total"] == 0

    order = {"path": write(tmp_path, *CHATS)}
    looked = served.person("POST", "/api/imports", json=order).json()
    assert served.person("DELETE", f"/api/imports/{looked['id']}").status_code == 204
    assert served.person("POST", f"/api/imports/{looked['id']}/cancel").status_code == 404
    assert served.person("POST", "/api/imports", json={"path": "relative.zip"}).status_code == 422
    for impossible in ("~nobody-has-this-name/export.zip", f"/{'a' * 4000}"):
        assert served.person("POST", "/api/imports", json={"path": impossible}).status_code == 404
    assert served.person("GET", f"/api/imports/{2**63 - 1}").status_code == 404
    assert served.person("GET", f"/api/imports/{2**63}").status_code == 422
    assert served.person("POST", "/api/imports/choose").status_code == 503  # there is no window here
    assert served.person("GET", "/api/imports/memories").json() == {"memories": []}
    assert served.call("GET", "/api/imports", key="").status_code == 404

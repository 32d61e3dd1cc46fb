def test_presets_are_listed_and_orders_are_checked(serve) -> None:
    served = serve()
    presets = {preset["id"]: preset for preset in served.person("GET", "/api/tools/presets").json()["presets"]}
    assert list(presets) == ["ambivo", "filesystem", "fetch", "git", "sqlite", "time", "memory", "everything"]
    assert presets["filesystem"] | {"description": "", "version": "", "inputs": []} == {
        "id": "filesystem",
        "title": "Files",
        "description": "",
        "version": "",
        "newest": "",
        "installed": False,
        "added": [],
        "warnings": ["It can read and change files."],
        "inputs": [],
        "progress": None,
    }
    token = presets["ambivo"]["inputs"][0]
    assert (token["id"], token["secret"], token["required"], token["default"]) == ("token", True, False, "")
    assert presets["filesystem"]["inputs"][0]["folder"]
    for path, body, status in (
        ("nothing", {}, 404),
        ("nothing/update", None, 404),
        ("time/update", None, 404),
        ("filesystem", {}, 422),
        ("filesystem", {"inputs": {"other": "1"}}, 422),
    ):
        assert served.person("POST", f"/api/tools/presets/{path}", json=body).status_code == status, path
    assert served.person("DELETE", "/api/tools/presets/time/installation").status_code == 404


def test_nothing_is_installed_in_demo_mode(serve) -> None:
    served = serve(demo=True)
    refused = served.person("POST", "/api/tools/presets/time", json={"inputs": {}})
    assert (refused.status_code, "demo" in refused.json()["detail"]) == (409, True)
    assert served.person("GET", "/api/tools").json()["servers"] == []

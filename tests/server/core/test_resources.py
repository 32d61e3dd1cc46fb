import json

import pytest

from server.core.resources import shipped


@pytest.mark.parametrize("name", ["ui/dist/index.html", "assets/icon.svg", "app_config.json"])
def test_shipped_resources_exist(name):
    assert shipped(name).is_file()


def test_shipped_app_list_is_json():
    assert "apps" in json.loads(shipped("app_config.json").read_text(encoding="utf-8"))


def test_wheel_has_the_resources_inside_the_package(tmp_path):
    package = tmp_path / "server"
    (package / "shipped").mkdir(parents=True)
    assert shipped("assets", package) == package / "shipped" / "assets"


def test_checkout_has_the_resources_beside_the_package(tmp_path):
    assert shipped("assets", tmp_path / "server") == tmp_path / "assets"

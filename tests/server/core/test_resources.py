import json

import pytest

from server.core.resources import shipped


@pytest.mark.parametrize("name", ["ui/dist/index.html", "assets/icon.svg", "app_config.json"])
def test_everything_that_ships_is_found(name):
    assert shipped(name).is_file()


def test_the_shipped_list_of_apps_is_json():
    assert "apps" in json.loads(shipped("app_config.json").read_text(encoding="utf-8"))


def test_a_wheel_carries_them_inside_the_package(tmp_path):
    package = tmp_path / "server"
    (package / "shipped").mkdir(parents=True)
    assert shipped("assets", package) == package / "shipped" / "assets"


def test_a_checkout_has_them_beside_the_package(tmp_path):
    assert shipped("assets", tmp_path / "server") == tmp_path / "assets"

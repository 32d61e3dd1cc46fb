import json
import re
from pathlib import Path

import pytest

from server.core.errors import NotFound
from server.integrations.tools.offer import UNREADABLE
from server.integrations.tools.presets.catalogue import AMBIVO, LOCKS, PRESETS, Manager, find_preset
from server.integrations.tools.presets.environments import read_manifest


def test_presets_are_those_that_are_promised() -> None:
    assert [preset.id for preset in PRESETS] == ["ambivo", "filesystem", "fetch", "git", "sqlite", "time", "memory", "everything"]
    assert find_preset("git").title == "Git"
    with pytest.raises(NotFound):
        find_preset("nothing")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.id)
def test_preset_is_locked_with_hashes_and_without_addresses(preset) -> None:
    if preset.manager is Manager.pip:
        lock = (LOCKS / f"{preset.id}.lock").read_text()
        assert f"{preset.package}=={preset.version} \\\n" in lock
        assert "://" not in lock
        assert lock.count("==") - lock.count(" == ") == len(re.findall(r"^\S.*\\\n    --hash=sha256:", lock, re.MULTILINE))
        for constraint in preset.constraints:
            assert re.search(rf"^{constraint.partition('<')[0]}==1\.", lock, re.MULTILINE)
    else:
        text = (LOCKS / f"{preset.id}.json").read_text()
        packages = json.loads(text)["packages"]
        assert packages[f"node_modules/{preset.package}"]["version"] == preset.version
        assert json.loads(read_manifest(text))["dependencies"] == {preset.package: preset.version}
        assert not [name for name, package in packages.items() if "resolved" in package]
        assert [name for name, package in packages.items() if "integrity" not in package] == [""]


def test_every_lock_belongs_to_a_preset() -> None:
    assert {path.stem for path in Path(LOCKS).iterdir()} == {preset.id for preset in PRESETS} | {"node"}


def test_arguments_and_texts_fit_the_inputs() -> None:
    for preset in PRESETS:
        words = {word[1:-1] for group in preset.arguments for word in group if word.startswith("{")}
        inputs = {each.id for each in preset.inputs}
        assert words <= inputs, preset.id
        assert words | {each.id for each in preset.inputs if each.variables} == inputs, preset.id


def test_ambivo_answers_before_a_call_becomes_a_job() -> None:
    fixed = dict(AMBIVO.environment)
    timeout, retries = float(fixed["AMBIVO_TIMEOUT"]), int(fixed["AMBIVO_MAX_RETRIES"])
    assert (retries + 1) * timeout + sum(2**attempt for attempt in range(retries)) < 40
    assert AMBIVO.hidden == ("set_auth_token",)
    assert not UNREADABLE.startswith(AMBIVO.error_prefixes)

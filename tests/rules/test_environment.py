"""The environment belongs to all tests of a process: a key is put into it for one test alone, by the fixture of pytest."""

import re

from tests.conftest import ROOT

KEY_FOR_MANY = re.compile(r'((?<!\bmonkeypatch)\.setenv\(|\bos\.environ\[)\s*"\w*(KEY|TOKEN|SECRET)"(\]\s*=[^=]|,)')


def test_key_is_in_the_environment_of_one_test_alone():
    paths = [path for path in sorted((ROOT / "tests").rglob("*.py")) if "mutants" not in path.parts]
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    assert [path.name for path, text in texts.items() if KEY_FOR_MANY.search(text)] == []

"""Settings: sections, each a pydantic model, in one file that is replaced as a whole."""

import asyncio
import copy
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from server.system.files import Now, move_aside, read_json_object, utc_now, write_json

M = TypeVar("M", bound=BaseModel)

SETTINGS_FILE = "settings.json"
ONLY = 1  # each section is a table of one document

Tables = dict[str, dict[str, Any]]


class ReplacedFile(Storage):
    """TinyDB's content in memory, and in a file that is replaced as a whole.

    TinyDB's own JSON storage writes over the old content, so that a kill at the wrong moment loses all of it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables: Tables | None = read_tables(path)

    def read(self) -> Tables | None:
        return copy.deepcopy(self._tables)  # TinyDB changes it before it writes, and the disk may be full then

    def write(self, data: Tables) -> None:
        write_json(self._path, data)
        self._tables = data


def read_tables(path: Path) -> Tables | None:
    """Read what TinyDB wrote; None where there is nothing. ValueError: it holds something else."""
    tables = read_json_object(path)
    for name, documents in (tables or {}).items():
        if not isinstance(documents, dict) or not all(isinstance(document, dict) for document in documents.values()):
            raise ValueError(f"{name} is no section")
        if not all(number.isdecimal() for number in documents):
            raise ValueError(f"{name} is no section")
    return tables


LOST = "The settings could not be read, so the defaults apply and changes are blocked."


class Settings:
    """Reading is from memory. `problem`: a sentence for the person where something could not be read."""

    def __init__(self, data: Path, now: Now = utc_now) -> None:
        self.problem: str | None = None
        self._writer = ThreadPoolExecutor(1, "settings")
        path = data / SETTINGS_FILE
        try:
            self._file = TinyDB(path, storage=ReplacedFile)
        except ValueError:  # of which broken JSON and broken text are kinds
            aside = move_aside(path, now)
            self.problem = f"{LOST} {aside.name} is the old file."
            self._file = TinyDB(path, storage=ReplacedFile)
        self._shared: dict[tuple[str, type[BaseModel]], tuple[dict[str, Any], BaseModel]] = {}  # with what they were made of
        self._sections = {name: dict(self._file.table(name).get(doc_id=ONLY) or {}) for name in self._file.tables()}

    def read(self, section: str, model: type[M]) -> M:
        """Read a section. Missing fields and fields that do not fit the model get the model's defaults."""
        stored = self._sections.get(section, {})
        try:
            return model.model_validate(stored)
        except ValidationError as error:
            return self._read_what_fits(section, model, stored, error)

    def read_shared(self, section: str, model: type[M]) -> M:
        """Read a section, for what runs often: until the next change it is one value for all, which none of them may change."""
        stored = self._sections.setdefault(section, {})  # a change replaces it by another object
        known = self._shared.get((section, model))
        if known is None or known[0] is not stored:
            known = self._shared[section, model] = stored, self.read(section, model)
        return cast("M", known[1])

    async def write(self, section: str, value: BaseModel) -> None:
        """Store a section; it is on the disk when this returns. Fields that the model does not know stay.

        Unavailable: the disk does not take it, and nothing has changed.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._store, section, value)

    async def change(self, section: str, model: type[M], change: Callable[[M], M]) -> M:
        """Apply `change` to the current section, so that simultaneous changes do not undo each other.

        An exception of `change` is raised here, and nothing has changed.
        """

        def read_and_store() -> M:
            value = change(self.read(section, model))
            self._store(section, value)
            return value

        return await asyncio.get_running_loop().run_in_executor(self._writer, read_and_store)

    def _store(self, section: str, value: BaseModel) -> None:
        merged = merge(self._sections.get(section, {}), value)
        self._file.table(section).upsert(Document(merged, doc_id=ONLY))
        self._sections[section] = merged

    def _read_what_fits(self, section: str, model: type[M], stored: dict[str, Any], error: ValidationError) -> M:
        problems = error.errors()
        wrong = {problem["loc"][0] for problem in problems if problem["loc"]}
        if any(problem["type"] != "extra_forbidden" for problem in problems):  # that one only tells of another version
            self.problem = f"Some settings of {section} could not be read, so their defaults apply."
        try:
            return model.model_validate({name: value for name, value in stored.items() if name not in wrong})
        except ValidationError:
            return model()


def merge(stored: Mapping[str, Any], value: BaseModel) -> dict[str, Any]:
    """Merge a model's values into the stored ones, keeping fields of other versions of the model."""
    merged = {**stored, **value.model_dump(mode="json")}
    for name in type(value).model_fields:
        inner = getattr(value, name)
        if isinstance(inner, BaseModel) and isinstance(stored.get(name), Mapping):
            merged[name] = merge(stored[name], inner)
    return merged

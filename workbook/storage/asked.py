"""What a client is asked: the installation's workbook or a practice's own, with what a counselor asks besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook.definition import models, overlay
from workbook.definition.asks import Assigned, read_assigned, workbook_of
from workbook.errors import Damaged, UnknownId

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.definition.models import Workbook
    from workbook.storage.store import Store


class Asked:
    """What one journal asks; `changed` is called whenever it is another workbook than before."""

    workbook: Workbook
    assigned: Assigned | None

    def __init__(self, store: Callable[[], Store], changed: Callable[[], object]) -> None:
        self._store, self._changed = store, changed
        self._own: Workbook | None = None

    def read(self) -> None:
        """Read all of it from the store. Raises Damaged."""
        self._own = _installed(self._store())
        self.read_assigned()
        self._put_together()

    def read_assigned(self) -> None:
        """Read what a counselor asks; the questions stay as they are until the next `read`. Raises Damaged."""
        self.assigned = _assigned(self._store())

    @property
    def installed(self) -> Workbook:
        """The workbook of this installation, in the language that was asked for if it is there."""
        if self._own is not None:
            return self._own
        language = self.assigned.asks.language if self.assigned else "en"
        return overlay.shipped(language if speaks(language) else "en")

    def install(self, workbook: Workbook) -> None:
        """Ask a practice's own workbook from now on, in place of the shipped one; no answer changes."""
        self._store().record("workbook", "installed", workbook.model_dump(mode="json"))
        self._own = workbook
        self._put_together()

    def take(self, assigned: Assigned) -> None:
        """Ask what a counselor asks from now on; no answer changes."""
        self._store().record("assignment", "current", assigned.model_dump(mode="json"))
        self.assigned = assigned
        self._put_together()

    def _put_together(self) -> None:
        its = self.assigned
        self.workbook = workbook_of(self.installed, its.asks, its.counselor) if its else self.installed
        self._changed()


def speaks(language: str) -> bool:
    """Say whether the shipped workbook is there in a language."""
    try:
        return overlay.shipped(language) is not None
    except UnknownId:
        return False


def judge(store: Store) -> None:
    """Raise Damaged when what is asked cannot be read."""
    _assigned(store)
    _installed(store)


def _assigned(store: Store) -> Assigned | None:
    """What a counselor asked for last. The first version carried a workbook, of which only the additions stay."""
    for record in store.records("assignment"):
        first = "asks" not in record.payload
        carried = {one.key: one.payload for one in store.records("workbook")} if first else {}
        try:
            return read_assigned(record.payload, carried.get("assigned"))
        except (ValueError, KeyError, TypeError):  # it quotes what it could not read: not passed on
            raise Damaged("What your counselor asked of you is damaged in the file with your answers.") from None
    return None


def _installed(store: Store) -> Workbook | None:
    """The workbook of a practice's own that this journal asks, if there is one."""
    for record in store.records("workbook"):
        if record.key == "installed":
            try:
                return models.Workbook.model_validate(record.payload)
            except ValueError:
                raise Damaged("The workbook of this journal is damaged in the file with your answers.") from None
    return None

"""What a client is asked: the installation's workbook or a practice's own, with what a counselor asks besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook.definition import overlay
from workbook.definition.asks import Assigned, read_assigned, workbook_of
from workbook.definition.models import Workbook
from workbook.errors import UnknownId
from workbook.storage.records import Carried, Records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from workbook.storage.store import Store


class Asked:
    """What one journal asks; `changed` is called whenever it is another workbook than before."""

    workbook: Workbook
    assigned: Assigned | None

    def __init__(self, store: Callable[[], Store], changed: Callable[[], object]) -> None:
        self._store, self._changed = store, changed
        self._own: Workbook | None = None
        self._put: tuple[Workbook, Assigned | None] | None = None  # what `workbook` was put together from

    def read(self) -> None:
        """Read all of it from the store. Raises Damaged."""
        self._own = workbooks(self._store()).get("installed")
        self.read_assigned()
        self._put_together()

    def read_assigned(self) -> None:
        """Read what a counselor asks; the questions stay as they are until the next `read`. Raises Damaged."""
        self.assigned = assignments(self._store()).get("current")

    @property
    def installed(self) -> Workbook:
        """The workbook of this installation, in the language that was asked for if it is there."""
        if self._own is not None:
            return self._own
        language = self.assigned.asks.language if self.assigned else "en"
        return overlay.shipped(language if speaks(language) else "en")

    def install(self, workbook: Workbook) -> None:
        """Ask a practice's own workbook from now on, in place of the shipped one; no answer changes."""
        workbooks(self._store()).put("installed", workbook)
        self._own = workbook
        self._put_together()

    def take(self, assigned: Assigned) -> None:
        """Ask what a counselor asks from now on; no answer changes."""
        assignments(self._store()).put("current", assigned)
        self.assigned = assigned
        self._put_together()

    def _put_together(self) -> None:
        its, of = self.assigned, self.installed
        if self._put is None or self._put[0] is not of or self._put[1] != its:
            self.workbook = workbook_of(of, its.asks, its.counselor) if its else of
            self._put = of, its
        self._changed()


def speaks(language: str) -> bool:
    """Say whether the shipped workbook is there in a language."""
    try:
        return overlay.shipped(language) is not None
    except UnknownId:
        return False


def judge(store: Store) -> None:
    """Raise Damaged when what is asked cannot be read."""
    assignments(store).all()
    workbooks(store).get("installed")


def assignments(store: Store) -> Records[Assigned]:
    """Return what a counselor asked for last, as `current`.

    The first version carried a workbook, of which only the additions stay.
    """

    def read(payload: Mapping[str, Any]) -> Assigned:
        carried = None if "asks" in payload else Records(store, "workbook", Carried).get("assigned")
        return read_assigned(payload, None if carried is None else carried.root)

    return Records(store, "assignment", Assigned, read=read, where="asked")


def workbooks(store: Store) -> Records[Workbook]:
    """Return the workbook of a practice's own that this journal asks, as `installed`, if there is one."""
    return Records(store, "workbook", Workbook, where="workbook")

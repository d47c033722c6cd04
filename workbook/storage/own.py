"""What a journal keeps of its own beside the answers: its keys, where the client is, what was written as private."""

from __future__ import annotations

import base64
import contextlib
import secrets
from typing import TYPE_CHECKING

from workbook.errors import Damaged, StoreError
from workbook.storage import seal
from workbook.storage.records import Private, Records, Region, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.storage.store import Store


class Own:
    """What one journal keeps of its own."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self.forget()

    def forget(self) -> None:
        """Hold nothing in memory: what is asked for next is read."""
        self._private: set[str] | None = None  # read when first asked for

    @property
    def key(self) -> str:
        """The client's secret key, made when first needed."""
        secrets_ = Records(self._store(), "key", Secret)
        held = secrets_.get("client")
        if held is None:
            secrets_.put("client", held := Secret(secret=seal.new_identity()))
        return held.secret

    @property
    def page_key(self) -> str:
        """32 bytes in base64, made when first needed."""
        secrets_ = Records(self._store(), "key", Secret)
        held = None
        with contextlib.suppress(Damaged):  # what it sealed is lost; what is typed from now on is not
            held = secrets_.get("page")
        if held is None:
            held = Secret(secret=base64.b64encode(secrets.token_bytes(32)).decode())
            with contextlib.suppress(StoreError):  # nothing can be saved: the page says so when there is something to
                secrets_.put("page", held)
                held = secrets_.get("page") or held  # another kernel may have been quicker
        return held.secret

    @property
    def region(self) -> str | None:
        """Where the client is; settable."""
        held = None
        with contextlib.suppress(Damaged):  # help lines are shown whatever is kept
            held = Records(self._store(), "setting", Region).get("region")
        return None if held is None else held.region

    @region.setter
    def region(self, region: str) -> None:
        Records(self._store(), "setting", Region).put("region", Region(region=region))

    def is_private(self, item: str, occasion: str) -> bool:
        """Say whether an answer was written while its question was private."""
        if self._private is None:
            self._private = Records(self._store(), "private", Private).keys()  # that it is there says it
        return f"{item}@{occasion}" in self._private

    def keep_private(self, item: str, occasion: str) -> None:
        """Let an answer stay private, whatever becomes of its question."""
        if not self.is_private(item, occasion):
            Records(self._store(), "private", Private).put(f"{item}@{occasion}", Private())
            self._private = Records(self._store(), "private", Private).keys()

"""Kernels for pages: all of this Python, and some started ahead, so that whoever opens the next pages need not wait."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import ensure_async
from traitlets import Integer

_HERE: Any = ""  # the journal's folder
_NAME = "python3"  # what notebooks ask for
WAITS = "WORKBOOK_WAITS"  # in the surroundings of a kernel: no page has asked for it yet
TABLES = "WORKBOOK_TABLES"  # in the surroundings of a kernel: it is to load the library of tables while it waits


class Ours(KernelSpecManager):
    """Knows one kernel: `python3` is the Python that runs the server, whatever else has that name on this computer."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel there is."""
        return {_NAME: str(Path(__file__).parent)}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how to start it. Raises NoSuchKernel for any other name."""
        if kernel_name != _NAME:
            raise NoSuchKernel(kernel_name)
        argv = [
            sys.executable,
            "-P",
            "-Xfrozen_modules=off",
            "-m",
            "workbook.jupyter.kernel",
            "-f",
            "{connection_file}",
        ]
        return KernelSpec(
            argv=argv, display_name="Python 3", language="python", resource_dir=self.find_kernel_specs()[_NAME]
        )


def _can_be_reached(kernel: Any) -> bool:
    """Say whether what a page connects to is still there: systems clean temporary folders after days."""
    if kernel.transport != "ipc":
        return True
    return all(Path(f"{kernel.ip}-{port}").exists() for port in (kernel.shell_port, kernel.iopub_port))


class Kernels(AsyncMappingKernelManager):
    """The kernels of open pages, and those that wait for the next pages: they have imported what every page needs."""

    pause = 3.0  # seconds after a page was asked for until the next kernel starts: the page comes first
    # That wait: whoever leafs through chapters opens a second page sooner than a kernel is there. Fewer on a hub.
    most = Integer(2).tag(config=True)
    # Of these, that have loaded the library of tables, too: one page needs it, and it is as large as all the rest.
    tables = Integer(1).tag(config=True)
    _timer: asyncio.TimerHandle | None = None

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._waiting: list[asyncio.Task[str]] = []  # the oldest first
        self._laden: set[asyncio.Task[str]] = set()  # of these, those with the library of tables
        self._starting: set[asyncio.Task[str]] = set()  # of these, and of what a page took already, those not up yet

    def __bool__(self) -> bool:
        """A server that ends asks whether it has kernels at all; the class above says no while the first starts."""
        return True

    def start_ahead(self) -> None:
        """Start a kernel for the next page, unless enough of them wait already. Needs a running event loop."""
        if len(self._waiting) < self.most:
            laden = bool(self._waiting) and len(self._laden) < self.tables  # the first is for any page, and up sooner
            surroundings = {**os.environ, WAITS: "1", **({TABLES: "1"} if laden else {})}
            task = asyncio.ensure_future(super()._async_start_kernel(path=_HERE, env=surroundings))
            self._waiting.append(task)
            if laden:
                self._laden.add(task)
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    def stop_ahead(self) -> None:
        """Start no further kernel for a page nobody asked for."""
        if self._timer is not None:
            self._timer.cancel()

    def _fill_up(self) -> None:
        """Start what is lacking, one at a time, with a pause between: what someone does comes first."""
        self.start_ahead()
        if len(self._waiting) < self.most:
            self._timer = asyncio.get_running_loop().call_later(self.pause, self._fill_up)

    async def _async_start_kernel(
        self, *, kernel_id: str | None = None, path: Any = None, tables: bool = False, **kwargs: Any
    ) -> str:
        """Give a page a kernel that waits; start one when there is none, or the page lies in another folder.

        `tables`: the page asks for the library of tables, so one that has it is given first, and to others last.
        """
        self.stop_ahead()
        Path(self.connection_dir).mkdir(mode=0o700, exist_ok=True)  # systems clean temporary folders after days
        self._timer = asyncio.get_running_loop().call_later(self.pause, self._fill_up)
        if kernel_id is None and path is not None and self.cwd_for_path(path) == self.cwd_for_path(_HERE):
            waited = await self._take(tables=tables)
            if waited is not None:
                return waited
        return await super()._async_start_kernel(kernel_id=kernel_id, path=path, **kwargs)

    start_kernel = _async_start_kernel  # type: ignore[assignment] # asynchronous here, as in the class above

    async def _take(self, *, tables: bool) -> str | None:
        """Return a kernel that waits, the first that is up and well; from here on it is like any other."""
        while self._waiting:
            task = min(self._waiting, key=lambda each: (not each.done(), (each in self._laden) != tables))
            self._waiting.remove(task)
            self._laden.discard(task)
            try:
                id = await task
                kernel: Any = self.get_kernel(id)
                if await ensure_async(kernel.is_alive()) and _can_be_reached(kernel):
                    kernel.last_activity = datetime.now(UTC)
                    return id
                await ensure_async(self.shutdown_kernel(id, now=True))
            except Exception as problem:  # the page gets another one, and says so if that fails too
                self.log.warning("A kernel started ahead is not used: %s", type(problem).__name__)
        return None

    def _waits(self, kernel_id: str) -> bool:
        up = (task for task in self._waiting if task.done() and not task.cancelled() and not task.exception())
        return any(task.result() == kernel_id for task in up)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel whose page is gone; waiting is no reason."""
        if not self._waits(kernel_id):
            await super().cull_kernel_if_idle(kernel_id)

    def list_kernels(self) -> list[dict[str, Any]]:
        """Return the kernels of pages."""
        return [kernel for kernel in super().list_kernels() if not self._waits(kernel["id"])]

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override] # asynchronous, as above
        """End every kernel, and start no more."""
        self.stop_ahead()
        # One that is just being started cannot be ended yet: asked to, the server would never stop.
        # Nor can one that is about to be: it would come up afterwards.
        while starting := [task for task in (*self._starting, *self._pending_kernels.values()) if not task.done()]:
            await asyncio.wait(starting)
        self._pending_kernels.clear()  # one that failed to start is still among them
        try:
            await super()._async_shutdown_all(now=now)
        except Exception as problem:  # a kernel ends by itself soon after its server
            self.log.warning("A kernel was not ended: %s", type(problem).__name__)

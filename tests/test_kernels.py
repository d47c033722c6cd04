"""The next page finds a kernel that has started already, and a kernel that waits costs nothing else."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import ensure_async

from workbook.jupyter import viewer
from workbook.jupyter.kernels import Kernels, Ours

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.process


def running(folder: Path, story: Callable[[Kernels], Awaitable[None]]) -> None:
    """Run a story with kernels in `folder`, and end them all whatever happened."""

    async def whole() -> None:
        kernels = Kernels(root_dir=str(folder), connection_dir=str(folder), cull_idle_timeout=600)
        kernels.pause = 600  # a story that is about what starts next sets its own
        try:
            await story(kernels)
        finally:
            await kernels.shutdown_all(now=True)

    asyncio.run(whole())


def ids(kernels: Kernels) -> list[str]:
    return [str(kernel["id"]) for kernel in kernels.list_kernels()]


def test_a_page_gets_the_kernel_that_waits(tmp_path: Path) -> None:
    """It is nobody's until then: not listed, and not ended for being idle."""

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        waiting = await kernels._waiting[0]
        kernels.get_kernel(waiting).last_activity = datetime.now(UTC) - timedelta(hours=1)
        await kernels.cull_kernels()
        assert (kernels.list_kernel_ids(), ids(kernels)) == ([waiting], [])

        given = await kernels.start_kernel(path="10-responsibility.ipynb", env={})

        assert (given, ids(kernels)) == (waiting, [waiting])
        await kernels.cull_kernels()
        assert ids(kernels) == [waiting]  # its page has had no time to connect
        kernels.get_kernel(waiting).last_activity = datetime.now(UTC) - timedelta(hours=1)
        await kernels.cull_kernels()
        assert kernels.list_kernel_ids() == []

    running(tmp_path, story)


def test_two_pages_never_share_a_kernel(tmp_path: Path) -> None:
    """Of two pages asked for at once, one gets the kernel that waits, the other a new one."""

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        first, second = await asyncio.gather(kernels.start_kernel(path=""), kernels.start_kernel(path=""))
        assert sorted(ids(kernels)) == sorted({first, second})

    running(tmp_path, story)


def test_after_a_page_two_kernels_wait(tmp_path: Path) -> None:
    """They start when the page has had its time, however many were asked for; the next two pages have one each."""

    async def story(kernels: Kernels) -> None:
        kernels.pause = 0.2
        pages = [await kernels.start_kernel(path=""), await kernels.start_kernel(path="")]
        async with asyncio.timeout(60):
            while len(kernels._waiting) < 2:
                await asyncio.sleep(0.05)
        waiting = [await task for task in kernels._waiting]
        kernels.pause = 600
        assert sorted(kernels.list_kernel_ids()) == sorted([*pages, *waiting])
        assert sorted(ids(kernels)) == sorted(pages)
        kernels.start_ahead()
        assert sorted(kernels.list_kernel_ids()) == sorted([*pages, *waiting])  # more than two never wait
        assert [await kernels.start_kernel(path=""), await kernels.start_kernel(path="")] == waiting

    running(tmp_path, story)


def test_none_waits_where_none_may(tmp_path: Path) -> None:
    """Someone with little memory may say so: a page gets its own kernel, and none comes after it."""

    async def story(kernels: Kernels) -> None:
        kernels.most = 0
        kernels.start_ahead()
        page = await kernels.start_kernel(path="")
        kernels._fill_up()  # what begins after the pause
        assert (kernels._waiting, kernels.list_kernel_ids()) == ([], [page])

    running(tmp_path, story)


def test_look_back_gets_the_kernel_that_has_loaded_the_tables(tmp_path: Path) -> None:
    """One of those that wait has, and is kept for it; another page has it only when no other waits. Both read ahead."""
    ahead = "__import__('workbook.jupyter.pages').jupyter.pages._page.ahead"

    async def has_tables(kernels: Kernels, id: str) -> str:
        client = await viewer._line(kernels.get_kernel(id))
        tables = f"('pandas' in __import__('sys').modules, {ahead}._tables, {ahead}._timer is not None)"
        asked = client.execute("", user_expressions={"tables": tables})
        while (reply := await client.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != asked:
            pass  # an earlier question, asked twice
        client.stop_channels()
        return str(reply["content"]["user_expressions"]["tables"]["data"]["text/plain"])

    async def story(kernels: Kernels) -> None:
        kernels.kernel_spec_manager = Ours()
        kernels.start_ahead()
        kernels.start_ahead()
        plain, laden = [await task for task in kernels._waiting]
        assert [await has_tables(kernels, each) for each in (plain, laden)] == [
            "(False, False, True)",
            "(True, True, True)",
        ]
        assert await kernels.start_kernel(path="", tables=True) == laden
        kernels.start_ahead()
        again = await kernels._waiting[1]
        assert await kernels.start_kernel(path="") == plain
        assert await kernels.start_kernel(path="") == again
        kernels.start_ahead()
        assert (len(kernels._waiting), kernels._laden) == (1, set())  # the first is for any page

    running(tmp_path, story)


def test_of_two_that_wait_the_one_that_is_up_is_given(tmp_path: Path) -> None:
    """A page does not wait for a kernel that is still starting while another is there."""

    async def never() -> str:
        await asyncio.Event().wait()
        return ""

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        up = await kernels._waiting[0]
        slow = asyncio.ensure_future(never())
        kernels._waiting.insert(0, slow)
        async with asyncio.timeout(60):
            assert await kernels.start_kernel(path="") == up
        assert kernels._waiting == [slow]
        slow.cancel()

    running(tmp_path, story)


def test_a_kernel_that_has_not_begun_to_start_does_not_come_up_after_the_end(tmp_path: Path) -> None:
    """Whoever presses Ctrl-C in the moment between leaves none behind, whether a page had asked for it or not."""

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        kernels.start_ahead()
        tasks = list(kernels._waiting)
        kernels._waiting.pop()  # a page took it
        await kernels.shutdown_all(now=True)
        assert [task.done() for task in tasks] == [True, True]
        assert (kernels.list_kernel_ids(), dict(kernels._pending_kernels)) == ([], {})

    running(tmp_path, story)


def test_of_two_that_wait_the_one_that_is_well_is_given(tmp_path: Path) -> None:
    """A page whose first kernel died while it waited has the second."""

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        kernels.start_ahead()
        dead, well = [await task for task in kernels._waiting]
        kernel = kernels.get_kernel(dead)
        kernel.stop_restarter()
        await ensure_async(kernel.shutdown_kernel(now=True))
        assert await kernels.start_kernel(path="") == well
        assert ids(kernels) == [well]

    running(tmp_path, story)


@pytest.mark.parametrize("asked", [False, True], ids=["waiting", "for a page"])
def test_ctrl_c_while_a_kernel_starts_ends_it_too(tmp_path: Path, asked: bool) -> None:
    """A kernel that is not up yet neither stays behind nor keeps the server from stopping."""

    async def story(kernels: Kernels) -> None:
        page = asyncio.ensure_future(kernels.start_kernel(path="")) if asked else None
        if not asked:
            kernels.start_ahead()
        while not kernels._pending_kernels:
            await asyncio.sleep(0)
        await kernels.shutdown_all(now=True)
        assert (kernels.list_kernel_ids(), dict(kernels._pending_kernels)) == ([], {})
        if page is not None:
            await asyncio.wait([page])

    running(tmp_path, story)


def test_a_server_that_ends_while_its_first_kernel_starts_leaves_none(tmp_path: Path) -> None:
    """Jupyter's own end asks for it, with no kernel up yet; one left behind would write into a folder that is gone."""

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        await ServerApp.cleanup_kernels(Mock(kernel_manager=kernels))
        assert [task.done() for task in kernels._waiting] == [True]
        assert (kernels.list_kernel_ids(), dict(kernels._pending_kernels)) == ([], {})

    running(tmp_path, story)


@pytest.mark.parametrize("how", ["dead", "another folder", "an id of its own"])
def test_a_page_that_cannot_have_it_gets_a_new_one(tmp_path: Path, how: str) -> None:
    """A kernel that died while it waited, or that stands in another folder, costs a page only its start."""
    (tmp_path / "elsewhere").mkdir()

    async def story(kernels: Kernels) -> None:
        kernels.start_ahead()
        waiting = await kernels._waiting[0]
        asked: dict[str, str] = {"path": "elsewhere" if how == "another folder" else ""}
        if how == "dead":
            kernel = kernels.get_kernel(waiting)
            kernel.stop_restarter()
            await ensure_async(kernel.shutdown_kernel(now=True))
        if how == "an id of its own":
            asked["kernel_id"] = "00000000-0000-0000-0000-000000000001"

        given = await kernels.start_kernel(**asked)

        assert given != waiting
        assert ids(kernels) == [given]
        assert await ensure_async(kernels.get_kernel(given).is_alive())

    running(tmp_path, story)


def test_the_one_kernel_there_is_runs_on_this_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another `python3` on this computer is not found, and no other kernel can be asked for."""
    other = tmp_path / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["false"], "display_name": "Other", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    kernels = Ours()
    specs = kernels.get_all_specs()
    assert {name: found["spec"]["argv"][0] for name, found in specs.items()} == {"python3": sys.executable}
    assert KernelSpecManager().get_kernel_spec("python3").argv == ["false"]  # what everyone else gets
    with pytest.raises(NoSuchKernel):
        kernels.get_kernel_spec("ir")


def test_a_line_that_is_never_heard_is_hung_up() -> None:
    """A page that waited too long leaves no sockets behind."""
    client = Mock(get_shell_msg=Mock(side_effect=asyncio.CancelledError))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(viewer._line(Mock(client=lambda: client)))
    client.stop_channels.assert_called_once_with()


@pytest.mark.parametrize("begun", ["not at all", "half", "whole"])
def test_a_page_that_is_left_hangs_up(begun: str) -> None:
    """Also while its kernel is still starting: that is waited for, as a kernel half started belongs to nobody."""

    class Left:
        executor = Mock()
        _starting: asyncio.Future[None] | None = None
        hang_up = viewer.Page.hang_up

    async def leave() -> None:
        page = Left()
        if begun != "not at all":
            page._starting = asyncio.get_running_loop().create_future()
        if page._starting and begun == "whole":
            page._starting.set_result(None)
        page.hang_up()
        assert page.executor.kc.stop_channels.called is (begun != "half")
        if page._starting and begun == "half":
            page._starting.set_result(None)
            await asyncio.sleep(0)  # lets what waits for it run
        page.executor.kc.stop_channels.assert_called_once_with()

    asyncio.run(leave())

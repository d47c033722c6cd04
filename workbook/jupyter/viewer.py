"""A chapter as a page: the words at once, then what its own Python shows, and a sentence when that does not come."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import importlib.util
import queue
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import nbformat
from jinja2.bccache import Bucket, BytecodeCache
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async, url_path_join
from nbconvert.preprocessors.clearoutput import ClearOutputPreprocessor
from nbformat import NotebookNode
from tornado.iostream import StreamClosedError
from tornado.routing import PathMatches, Rule
from tornado.web import HTTPError, RequestHandler, authenticated
from voila.configuration import VoilaConfiguration
from voila.execute import VoilaExecutor
from voila.notebook_renderer import NotebookRenderer
from voila.paths import collect_template_paths
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import ENV_VARIABLE, get_page_config

from workbook import words
from workbook.jupyter import drawn, harmless, notebooks
from workbook.jupyter.called import called
from workbook.page import assets, minutes
from workbook.storage import folder, sqlite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from jinja2 import Template
    from jupyter_server.serverapp import ServerApp

PATIENCE = 60.0  # seconds for Python to start, and then for each part of a page


_HEARD = 0.1  # seconds until a kernel that has answered is asked again, because its other line did not carry it
_SCRIPTS = "voila/templates/mend/static/widgets"  # from where a page may run what it asks for


def take_over(server: ServerApp) -> None:
    """Let our page answer for a chapter where Voilà's would."""
    settings = VoilaConfiguration(parent=server)
    about = {
        "config": server.config,
        "template_paths": collect_template_paths(["voila", "nbconvert"], settings.template),
        "voila_configuration": settings,
    }
    path = url_path_join(server.base_url, "/voila/render/(.*)")
    rules = server.web_app.default_router.rules
    rules.insert(0, Rule(PathMatches(path), Viewer, about))
    # At the last two Jupyter would hang up.
    for none in ("/voila(?:/tree.*|/render|/render/)?/?", "/(?:favicon[.]ico|robots[.]txt)"):
        rules.insert(0, Rule(PathMatches(url_path_join(server.base_url, none)), Nowhere))
    rules.insert(0, Rule(PathMatches(url_path_join(server.base_url, _SCRIPTS, "([a-z]+[.]js)")), Scripts))
    # The widgets' scripts are named by what they hold: asked about again for each page, they would keep it waiting.
    held = [
        url_path_join(server.base_url, "voila/labextensions", one, "static/") for one in settings.extension_allowlist
    ]
    kept = server.web_app.settings
    kept["static_immutable_cache"] = [*kept.get("static_immutable_cache", ()), *held]


def _place(base: str, script: str) -> str:
    """Return where a widget's script is, named by what it holds."""
    return f"{url_path_join(base, _SCRIPTS, script)}?v={_version(script)}"


@functools.cache
def _version(script: str) -> str:
    return hashlib.sha256(assets.module(script).encode()).hexdigest()[:32]


class Compiled(BytecodeCache):
    """The templates of a page as Python, once they were read: Voilà makes all it needs for a page anew each time."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, object]] = {}  # by name and source

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled from the same source."""
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code  # type: ignore[assignment] # as it came

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._known[bucket.key] = (bucket.checksum, bucket.code)


_compiled = Compiled()


class Scripts(RequestHandler):
    """Gives the scripts of our widgets from memory: systems clean temporary folders after days."""

    def get(self, name: str) -> None:
        """Send a script. Raises HTTPError for a name that is none."""
        if name not in assets.SCRIPTS:
            raise HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        if self.get_argument("v", "") == _version(name):
            self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.finish(assets.module(name))


class Nowhere(JupyterHandler):
    """Answers with words where Voilà would list notebooks by a script that no page of ours may run, and the like."""

    @authenticated
    def get(self) -> None:
        """Raise HTTPError."""
        raise HTTPError(404)


class Viewer(TornadoVoilaHandler):  # type: ignore[misc] # Voilà has no type hints
    """Answers for one chapter; whatever happens to its Python, its words and the help on it are sent."""

    @authenticated
    async def get(self, path: str = "") -> None:
        """Send the page piece by piece, as it comes."""
        self.set_header("Content-Type", "text/html")
        self.set_header("Cache-Control", "no-cache, no-store, must-revalidate")
        settings = {
            "base_url": self.base_url,
            "log": self.log,
            "settings": self.settings,
            "voila_configuration": self.voila_configuration,
        }
        page = Page(
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.traitlet_config,
            notebook_path=path,
            template_paths=self.template_paths,
            config_manager=self.config_manager,
            contents_manager=self.contents_manager,
            base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager,
            prelaunch_hook=self.prelaunch_hook,
            page_config=get_page_config(**settings),
            mathjax_config=None,
            mathjax_url=None,
        )
        await page.initialize()
        page.exporter.environment.bytecode_cache = _compiled
        try:
            async for html, _ in page.generate_content_generator():
                self.write(html)
                await self.flush()
        except StreamClosedError:  # the browser went elsewhere meanwhile
            self.log.debug("A page was left before it was whole.")
        except Exception as problem:  # a page that breaks off in the middle would not say so
            self.log.error("A page was not made: %s", type(problem).__name__)
            said = words.section("jupyter.viewer")
            self.write(f'<div class="trouble" role="alert"><p>{said["stopped"]}</p><p>{said["help"]}</p></div>')
        finally:
            page.hang_up()

    def get_template(self, name: str) -> Template:
        """Return the page for an error: Jupyter's templates know ours, which has words and no jargon."""
        template: Template = self.settings["jinja2_env"].get_template(name)
        return template


async def _line(kernel: Any) -> Any:
    """Return a client that hears a kernel.

    What Jupyter has for it waits a fifth of a second for silence: here it is enough that an answer is heard on both
    lines. Raises RuntimeError when the kernel has ended.
    """
    client = kernel.client()
    client.start_channels()
    client.allow_stdin = False
    try:
        await _heard(client, kernel)
    except BaseException:  # nobody else knows of its sockets, whatever ended the waiting
        client.stop_channels()
        raise
    return client


async def _heard(client: Any, kernel: Any) -> None:
    while True:
        asked = client.kernel_info()
        try:
            await client.get_shell_msg(timeout=1)
            while (await client.get_iopub_msg(timeout=_HEARD))["parent_header"].get("msg_id") != asked:
                pass
        except queue.Empty:  # still starting, or it spoke before it was heard
            if not await ensure_async(kernel.is_alive()):
                raise RuntimeError from None
        else:
            return


class Page(NotebookRenderer):  # type: ignore[misc] # Voilà has no type hints
    """One chapter on its way to a browser. `trouble`: the name of the sentence that says why it is not shown."""

    trouble: str | None = None
    kernel_id: str | None = None
    ours = False  # whether every line is one of ours: then the page needs nothing of Voilà's to be drawn
    _starting: asyncio.Future[None] | None = None

    async def load_notebook(self, path: str) -> NotebookNode:
        """Return the notebook, and note whether it is one of ours: that is judged here, whatever it says of itself."""
        notebook: NotebookNode = await super().load_notebook(path)
        self.ours = harmless.is_harmless(nbformat.writes(notebook))
        return notebook

    async def _begin(self, nb: NotebookNode) -> None:
        """Called first by the template: let Python start while the words are sent."""
        if any(cell.cell_type == "code" for cell in nb.cells):
            self._starting = asyncio.ensure_future(asyncio.wait_for(self._start(nb), PATIENCE))

    def hang_up(self) -> None:
        """Close the line to the kernel, also of a page that was left before it was whole."""
        if self._starting is not None and not self._starting.done():  # a kernel half started belongs to nobody
            self._starting.add_done_callback(lambda _: self.hang_up())
        elif (client := getattr(getattr(self, "executor", None), "kc", None)) is not None:
            client.stop_channels()

    async def _start(self, nb: NotebookNode) -> None:
        kernels = self.request_handler.kernel_manager
        tables = "assessment" in called(nb.cells)  # Look back's
        self.kernel_id = await ensure_async(kernels.start_kernel(kernel_name="python3", path=self.cwd, tables=tables))
        kernel = kernels.get_kernel(self.kernel_id)
        self.executor = VoilaExecutor(nb, km=kernel, config=self.traitlet_config)
        self.executor.kc = await _line(kernel)
        tell = f"import os; os.environ[{ENV_VARIABLE.VOILA_KERNEL_ID.value!r}] = {self.kernel_id!r}"
        await ensure_async(self.executor.kc.execute(tell, store_history=False))
        self.kernel_started = True

    async def _cells(self, nb: NotebookNode) -> AsyncIterator[NotebookNode]:
        """Yield each cell as it is ready; one that Python did not show carries why, the first with its words."""
        nb, _ = ClearOutputPreprocessor().preprocess(nb, {})
        shown = drawn.Drawn()
        for at, cell in enumerate(nb.cells):
            if cell.cell_type == "code":
                told = self.trouble is not None
                if not self.kernel_started and not told and await self._is_there() and self.ours:
                    yield NotebookNode(cell_type="line")
                if self.trouble is None:
                    await self._run(cell, at)
                if self.trouble is not None:
                    cell.outputs = []
                    cell.metadata["trouble"] = "" if told else self.trouble
                elif self.ours:
                    cell.metadata["shown"] = shown.by(cell, self.executor.widget_state)
            yield cell
        if self.kernel_started:
            await self._cleanup_resources()

    async def _is_there(self) -> bool:
        """Wait for Python to start."""
        try:
            await cast("asyncio.Future[None]", self._starting)  # begun by the template, above the first cell
        except Exception as problem:  # whatever it was, the person hears of it in words
            self.log.error("A page's Python did not start: %s", type(problem).__name__)
            self.trouble = "missing" if importlib.util.find_spec("ipykernel") is None else "not_started"
        return self.trouble is None

    async def _run(self, cell: NotebookNode, at: int) -> None:
        try:
            await asyncio.wait_for(self.executor.execute_cell(cell, None, at, store_history=False), PATIENCE)
        except Exception as problem:  # the same
            self.log.error("A page's Python stopped: %s", type(problem).__name__)
            self.trouble = "not_started" if at < 2 else "stopped"

    def generate_content_generator(self) -> Any:
        """Return the pieces of the page, `(HTML, resources)` each, as they are ready."""
        here = Path(self.request_handler.contents_manager.root_dir, self.cwd)
        chapters, name = notebooks.contents(here), Path(self.notebook_path).name
        first = notebooks.begins(name, chapters)
        return self.exporter.generate_from_notebook_node(
            self.notebook,
            resources=self.resources,
            extra_context={
                "begin": self._begin,
                "begun": first and sqlite.begun(here / folder.ANSWERS),
                "chapters": chapters,
                "first": first,
                "here": name,
                "cells": self._cells,
                "install": f"{sys.executable} -m pip install ipykernel",
                "main_js": "voila.js",
                "minutes": minutes.words()["title"],
                "ours": self.ours,
                "page": self,
                "part": notebooks.part,
                "steps": "exercise" in called(self.notebook.cells),
                "scripts": {one: _place(self.base_url, one) for one in assets.SCRIPTS},
                "texts": words.section("jupyter.viewer"),
            },
            page_config=self.page_config,
        )

"""Start JupyterLab the way a client needs it: one page at a time, no code, nothing sent anywhere.

Everything here is ours alone: settings, state and signatures live in the journal, in a folder that goes when the
server stops. The person's other Jupyter work is neither read nor changed, and nothing set up for it changes this.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import re
import secrets
import signal
import socket
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import definition, files, words
from workbook.errors import WorkbookError
from workbook.jupyter import harmless, notebooks, places, policy, prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from jupyter_server.auth.identity import PasswordIdentityProvider
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp
    from nbformat import NotebookNode
    from tornado.web import RequestHandler

Settings = dict[str, dict[str, Any]]  # of each class of Jupyter's: its traits

PORT = 8867
_SILENT = logging.CRITICAL  # the server has nothing to say that a client could use

_PARTS = ("anywidget", "ipykernel", "ipywidgets", "jupyterlab", "voila")  # some only a page's own Python imports

_VOILA_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget")

# Parts of the server that are on or off.
EXTENSIONS = {
    "jupyter_lsp": False,
    "jupyter_server_terminals": False,
    "jupyterlab": True,
    "notebook_shim": False,
    "voila.server_extension": True,
}

# What holds for every answer of the server.
TORNADO: dict[str, object] = {"headers": {policy.HEADER: policy.policy()}}


def _not_ours(first: str) -> str:
    said = words.section("jupyter.not_ours")
    return f"# {said['title']}\n\n{said['why']}\n\n[{said['back']}]({first})\n"


OPENED = "mend_page_opened"  # among the server's settings: when a page was asked for last


class LabError(WorkbookError):
    """JupyterLab could not be started."""


def serve(
    journal: Path,
    titles: Mapping[str, str],
    trusted: Iterable[Path],
    *,
    start: str | None = None,
    port: int | None = None,
    browser: bool = True,
    plain: bool = False,
    ahead: int | None = None,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the journal's notebooks on this machine until Ctrl-C.

    `titles` is the table of contents, `{file name: title}`; `start` is the notebook to begin with, None the first of
    them. `trusted` notebooks open without a question: hand in only those that can do no harm. `ahead`: how many kernels
    wait for the next pages (None: see `Kernels.most`). `environment` is for the pages' kernels. Raises `LabError` with
    a sentence when the port is taken, `ModuleNotFoundError` when a part of Mend is missing.
    """
    port, start = _free_port(port), start or notebooks.first(titles)
    base, token = policy.path(), secrets.token_urlsafe(32)
    with ready(journal, titles, trusted, start=start, plain=plain, environment=environment or {}) as settings:
        merge(settings, _listening(port, base, token, browser=browser))
        merge(settings, {} if ahead is None else {"Kernels": {"most": ahead}})
        _run(settings, f"http://127.0.0.1:{port}{base}lab/tree/{start}?token={token}", say, plain=plain)


@contextlib.contextmanager
def ready(
    journal: Path,
    titles: Mapping[str, str],
    trusted: Iterable[Path],
    *,
    start: str | None = None,
    plain: bool = False,
    environment: Mapping[str, str],
    kept: Container[str] = (),
) -> Iterator[Settings]:
    """Prepare what every start needs, and give its settings: all but where to listen, to whom, and when to stop.

    `kept` are variables of another Jupyter that stay. Raises as `serve` does when Mend is not whole.
    """
    _whole()
    os.umask(0o077)  # whatever is written from here on is for this account alone
    with places.folders(journal) as (runtime, sockets):
        places.settle(places.environment(runtime, sockets), environment, kept=kept)
        prepared.prepare(runtime, titles, plain=plain)
        sign(trusted, runtime)
        with contextlib.chdir(runtime):  # Jupyter and Voilà would run settings that lie where the command was typed
            yield _settings(journal, runtime, sockets, start=start or notebooks.first(titles))


def merge(settings: Settings, more: Mapping[str, Mapping[str, Any]]) -> None:
    """Add to settings, class by class."""
    for name, values in more.items():
        settings.setdefault(name, {}).update(values)


def _whole() -> None:
    """Ask for what pages need before there are any: where a part is missing, no form would ever come."""
    for part in _PARTS:
        if find_spec(part) is None:
            raise ModuleNotFoundError(name=part)
    if sys.flags.optimize > 1:
        raise LabError(words.say("jupyter.lab.stripped", option="-OO", variable="PYTHONOPTIMIZE"))


def sign(paths: Iterable[Path], folder: Path) -> None:
    """Mark harmless notebooks as trusted in the signature store in `folder`: what is judged is what is marked."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary(data_dir=str(folder))
    for path in paths:
        text = files.read(path, notebooks.LARGEST).decode()
        if harmless.is_harmless(text):
            notary.sign(nbformat.reads(text, as_version=4))
    notary.store.close()


def guard(page: JupyterHandler, notebook: NotebookNode, cwd: str) -> NotebookNode | None:
    """Called by Voilà before it runs a page: ours pass, and those a person agreed to. For others a sentence.

    Raises HTTPError when a page from elsewhere asks for it in a frame, with the cookie of this browser.
    """
    import nbformat
    from tornado.web import HTTPError

    asked = page.request.headers
    if asked.get("Sec-Fetch-Dest") != "document" and asked.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise HTTPError(403)
    del cwd  # the same for all pages
    page.settings[OPENED] = datetime.now(UTC)
    nonce = policy.for_page(page)
    # JupyterLab asked them, and signed the notebook.
    agreed = [cell.metadata.get("trusted") for cell in notebook.cells if cell.cell_type == "code"]
    if (agreed and all(agreed)) or harmless.is_harmless(nbformat.writes(notebook)):
        notebook.metadata["nonce"] = nonce
        return None
    folder = Path(page.contents_manager.root_dir)
    metadata = {"kernelspec": notebook.metadata.kernelspec, "title": words.say("jupyter.not_ours.name"), "nonce": nonce}
    instead: NotebookNode = nbformat.v4.new_notebook(
        metadata=metadata, cells=[nbformat.v4.new_markdown_cell(_not_ours(notebooks.first(notebooks.contents(folder))))]
    )
    return instead


def _server(journal: Path, runtime: Path) -> dict[str, Any]:
    """What the server shows and starts, whoever started it."""
    return {
        "allow_credentials": False,
        "allow_origin": "",
        "allow_origin_pat": "",
        "allow_root": True,  # a container has no other account, and who may come in is settled elsewhere
        "answer_yes": True,
        "autoreload": False,
        "browser": "",
        "custom_display_url": "",
        "disable_check_xsrf": False,
        "extra_template_paths": [str(runtime / "templates")],
        "kernel_manager_class": "workbook.jupyter.kernels.Kernels",
        "kernel_spec_manager_class": "workbook.jupyter.kernels.Ours",
        "jpserver_extensions": EXTENSIONS,
        "log_level": _SILENT,
        "root_dir": str(journal),
        "terminals_enabled": False,
        "tornado_settings": TORNADO,
    }


def _listening(port: int, base: str, token: str, *, browser: bool) -> Settings:
    """To this computer only, and to who has the token."""
    server = {
        "allow_remote_access": False,
        "base_url": base,
        "certfile": "",
        "identity_provider_class": _door(),
        "ip": "127.0.0.1",
        "open_browser": browser,
        "port": port,
        "port_retries": 0,
        "sock": "",
        "use_redirect_file": False,  # a browser with a temporary folder of its own cannot see a file in ours
    }
    return {"ServerApp": server, "IdentityProvider": {"token": token, "allow_password_change": False}}


def _settings(journal: Path, runtime: Path, sockets: Path, *, start: str) -> Settings:
    return {
        "ServerApp": _server(journal, runtime),
        "LabApp": {
            "app_settings_dir": str(runtime / "settings"),
            "custom_css": True,
            "default_url": f"/lab/tree/{start}",
            "core_mode": False,
            "dev_mode": False,
            "expose_app_in_browser": True,  # a link to the next chapter opens it in place of this one
            "extension_manager": "readonly",
            "extra_labextensions_path": [],
            "labextensions_path": [str(share / "labextensions") for share in places.shares()],
            "log_level": _SILENT,
            "news_url": None,
            "user_settings_dir": str(journal / ".mend" / "lab"),
            "workspaces_dir": str(runtime / "workspaces"),
        },
        "FileCheckpoints": {"checkpoint_dir": str(runtime / "checkpoints")},
        "KernelManager": {"transport": _transport(sockets)},
        # Voilà leaves a kernel behind when a page is left; one with a page connected is never culled.
        "MappingKernelManager": {"cull_idle_timeout": 90, "cull_interval": 30, "cull_connected": False},
        "NotebookNotary": {"data_dir": str(runtime)},
        "VoilaExporter": {"filters": {"markdown2html": definition.html}},  # cells are Markdown like any other
        "VoilaConfiguration": {
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "extension_allowlist": list(_VOILA_EXTENSIONS),
            "extra_labextensions_path": [],
            "file_allowlist": [],
            "http_header_envs": [],
            "http_keep_alive_timeout": 3600,  # seconds; nobody stands between, and what keeps alive is a script
            "prelaunch_hook": guard,
            "progressive_rendering": False,
            "show_tracebacks": False,
            "strip_sources": True,
            "template": "mend",
        },
    }


def _transport(sockets: Path) -> str:
    """Sockets in our own folder where the platform has them: with TCP, any account here could listen in."""
    longest = sockets / f"kernel-{'0' * 36}-ipc-5"
    return "ipc" if sys.platform != "win32" and len(os.fsencode(longest)) < 100 else "tcp"


def _free_port(port: int | None) -> int:
    if port is not None:
        if not _is_free(port):
            raise LabError(words.say("jupyter.lab.port_in_use", port=port, option="--port"))
        return port
    for candidate in range(PORT, PORT + 50):
        if _is_free(candidate):
            return candidate
    raise LabError(words.say("jupyter.lab.no_port", first=PORT, last=PORT + 49, option="--port"))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def _run(settings: Settings, address: str, say: Callable[[str], None], *, plain: bool) -> None:
    from jupyterlab.labapp import LabApp
    from traitlets.config import Config

    server = LabApp.initialize_server(argv=[], config=Config(settings))

    def opened() -> None:
        say(words.say("jupyter.lab.open", address=address))
        say(words.say("jupyter.lab.leave_open"))

    server.io_loop.add_callback(opened)
    run(server, plain=plain)


def run(server: ServerApp, *, plain: bool = False) -> None:
    """Put what is ours into a server that was made with our settings, and serve until it is stopped."""
    from workbook.jupyter import viewer

    kernels: Any = server.kernel_manager  # ours
    loop: Any = server.io_loop  # asyncio's, as tornado has it
    _keep_in(server, Path.cwd() / prepared.CUSTOM)  # `ready` stands where it wrote the files
    viewer.take_over(server)
    policy.close_around(server, plain=plain)
    loop.add_callback(kernels.start_ahead)
    gc.set_threshold(100_000)  # what serves for days makes rubbish; a command that loads and ends makes none
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # SIGHUP: the terminal window was closed
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: server.stop(from_signal=True))
    server.start()
    _end(loop.asyncio_loop)


def _door() -> type[PasswordIdentityProvider]:
    """Refuse a tab left open from before without logging out the tab that has just come in: they share a cookie."""
    from jupyter_server.auth.identity import PasswordIdentityProvider
    from jupyter_server.auth.logout import LogoutHandler

    class Door(PasswordIdentityProvider):
        def clear_login_cookie(self, handler: RequestHandler) -> None:
            if isinstance(handler, LogoutHandler):
                super().clear_login_cookie(handler)

    return Door


def _keep_in(server: ServerApp, custom: Path) -> None:
    """Serve our style sheet, which holds the chapters' titles, only with the token: Jupyter's own ones are open."""
    from jupyter_server.base.handlers import FileFindHandler
    from tornado.routing import PathMatches, Rule
    from tornado.web import authenticated

    class Inside(FileFindHandler):
        get = authenticated(FileFindHandler.get)  # type: ignore[assignment] # the same call, behind a door
        head = authenticated(FileFindHandler.head)  # type: ignore[assignment] # the same

    rules = server.web_app.default_router.rules
    rules.insert(0, Rule(PathMatches(f"{re.escape(server.base_url)}custom/(.*)"), Inside, {"path": [str(custom)]}))


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """End what was still waiting when the server stopped: a thread that works for it would keep us from leaving."""
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    loop.run_until_complete(asyncio.wait(waiting, timeout=2) if waiting else asyncio.sleep(0))

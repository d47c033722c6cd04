"""Start JupyterLab the way a client needs it: one page at a time, no code, nothing sent anywhere.

Everything here is ours alone: settings, state and signatures live in the journal, in a folder that goes when the
server stops. The person's other Jupyter work is neither read nor changed, and nothing set up for it changes this.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import signal
import socket
import sys
from importlib import resources as package
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook import definition, words
from workbook.errors import WorkbookError
from workbook.jupyter import harmless, places, policy, worded
from workbook.page import assets

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

    from jupyter_server.auth.identity import PasswordIdentityProvider
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp
    from nbformat import NotebookNode
    from tornado.web import RequestHandler

Settings = dict[str, dict[str, Any]]  # of each class of Jupyter's: its traits

PORT = 8867
START = "00-start.ipynb"
_SILENT = logging.CRITICAL  # the server has nothing to say that a client could use

_CUSTOM = "config/custom"

_PARTS = ("anywidget", "ipykernel", "ipywidgets", "jupyterlab", "voila")  # some only a page's own Python imports

# What the pages are made of; other extensions of JupyterLab, however they came here, stay off.
_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/jupyterlab-preview",
    "anywidget",
    "jupyterlab_pygments",
)
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

# What a client never needs. Each entry is a JupyterLab plugin, or a whole extension.
_HIDDEN = (
    "@jupyterlab/application-extension:property-inspector",
    "@jupyterlab/apputils-extension:announcements",
    "@jupyterlab/apputils-extension:kernel-status",
    "@jupyterlab/apputils-extension:running-sessions-status",
    "@jupyterlab/console-extension",
    "@jupyterlab/fileeditor-extension:language-server",
    "@jupyterlab/inspector-extension",
    "@jupyterlab/notebook-extension:kernel-status",
    "@jupyterlab/notebook-extension:language-server",
    "@jupyterlab/notebook-extension:toc",
    "@jupyterlab/tooltip-extension",
    "@jupyterlab/debugger-extension",
    "@jupyterlab/extensionmanager-extension",
    "@jupyterlab/launcher-extension",
    "@jupyterlab/logconsole-extension",
    "@jupyterlab/lsp-extension",
    "@jupyterlab/pluginmanager-extension",
    "@jupyterlab/running-extension",
    "@jupyterlab/services-extension:terminal-manager",
    "@jupyterlab/terminal-extension",
    "@jupyterlab/toc-extension",
    "@jupyterlab/workspaces-extension",
)

_SETTINGS: dict[str, dict[str, object]] = {
    "@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "disabled"},
    "@jupyterlab/apputils-extension:notification": {
        "checkForUpdates": False,
        "doNotDisturbMode": True,
        "fetchNews": "false",
    },
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/filebrowser-extension:browser": {
        "allowFileUploads": False,
        "showFileFilter": False,
        "showLastModifiedColumn": False,
        "singleClickNavigation": True,
    },
    "@jupyterlab/notebook-extension:tracker": {
        "autoStartDefaultKernel": True,
        "kernelShutdown": True,
        "showHiddenCellsButton": False,
        "showInputPlaceholder": False,
        "windowingMode": "none",
    },
    "@jupyterlab/statusbar-extension:plugin": {"visible": False},
}

# With a page for a double click instead of the notebook editor.
_PAGES: dict[str, dict[str, object]] = {
    "@jupyterlab/application-extension:shell": {"startMode": "single"},
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"notebook": "Voila Preview"}},
}


def _not_ours() -> str:
    said = words.section("jupyter.not_ours")
    return f"# {said['title']}\n\n{said['why']}\n\n[{said['back']}]({START})\n"


class LabError(WorkbookError):
    """JupyterLab could not be started."""


def serve(
    journal: Path,
    titles: Mapping[str, str],
    trusted: Iterable[Path],
    *,
    start: str = START,
    port: int | None = None,
    browser: bool = True,
    plain: bool = False,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the journal's notebooks on this machine until Ctrl-C.

    `titles` is the table of contents, `{file name: title}`; `start` is the notebook to begin with. `trusted`
    notebooks open without a question: hand in only those that can do no harm. `environment` is for the pages' kernels.
    Raises `LabError` with a sentence when the port is taken, `ModuleNotFoundError` when a part of Mend is missing.
    """
    port = _free_port(port)
    base, token = policy.path(), secrets.token_urlsafe(32)
    with ready(journal, titles, trusted, start=start, plain=plain, environment=environment or {}) as settings:
        merge(settings, _listening(port, base, token, browser=browser))
        _run(settings, f"http://127.0.0.1:{port}{base}lab/tree/{start}?token={token}", say, plain=plain)


@contextlib.contextmanager
def ready(
    journal: Path,
    titles: Mapping[str, str],
    trusted: Iterable[Path],
    *,
    start: str = START,
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
        _prepare(runtime, titles, plain=plain)
        sign(trusted, runtime)
        with contextlib.chdir(runtime):  # Jupyter and Voilà would run settings that lie where the command was typed
            yield _settings(journal, runtime, sockets, start=start)


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


def overrides(*, plain: bool = False) -> dict[str, dict[str, object]]:
    """Return our JupyterLab settings; `plain` keeps the ordinary notebook editor for a double click."""
    return {
        **_SETTINGS,
        **({} if plain else _PAGES),
        "@jupyterlab/shortcuts-extension:shortcuts": {"shortcuts": _typing_shortcuts()},
    }


def sign(notebooks: Iterable[Path], folder: Path) -> None:
    """Mark notebooks as trusted in the signature store in `folder`."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary(data_dir=str(folder))
    for path in notebooks:
        notary.sign(nbformat.read(path, as_version=4))
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
    nonce = policy.for_page(page)
    # JupyterLab asked them, and signed the notebook.
    agreed = [cell.metadata.get("trusted") for cell in notebook.cells if cell.cell_type == "code"]
    if (agreed and all(agreed)) or harmless.is_harmless(nbformat.writes(notebook)):
        notebook.metadata["nonce"] = nonce
        return None
    metadata = {"kernelspec": notebook.metadata.kernelspec, "title": words.say("jupyter.not_ours.name"), "nonce": nonce}
    instead: NotebookNode = nbformat.v4.new_notebook(
        metadata=metadata, cells=[nbformat.v4.new_markdown_cell(_not_ours())]
    )
    return instead


def contents_css(titles: Mapping[str, str]) -> str:
    """Return style sheet rules that let the file list read as a table of contents."""
    rules = []
    for name, title in titles.items():
        row = f'.jp-DirListing-item[title*="Name: {name}"] .jp-DirListing-itemName'
        rules.append(f"{row} > span, {row} .jp-DirListing-itemText > span {{ font-size: 0; }}")
        rules.append(f"{row}::before {{ content: {_css_string(title)}; white-space: normal; }}")
    return "\n".join(rules)


def cover_css() -> str:
    """Return style sheet rules that show one sentence of ours until the first page is there."""
    opening = _css_string(words.say("jupyter.opening"))
    return f":root {{ --mend-opening: {opening}; }}\n{_read('jupyter', 'cover.css')}"


def _css_string(text: str) -> str:
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


def _typing_shortcuts() -> list[dict[str, object]]:
    """The notebook's one-key shortcuts, off: with a radio button focused, `b` would insert a cell."""
    from jupyterlab.commands import get_app_dir

    found = []
    for schema in sorted(Path(get_app_dir(), "schemas").glob("@jupyterlab/*/*.json")):
        for shortcut in json.loads(schema.read_text(encoding="utf-8")).get("jupyter.lab.shortcuts", ()):
            modified = any(part in key for key in shortcut["keys"] for part in ("Accel", "Alt", "Cmd", "Ctrl"))
            selector = shortcut["selector"]
            commands = "jp-mod-commandMode" in selector or "[data-jp-kernel-user]" in selector
            if commands and not modified and shortcut["keys"] != [""]:
                found.append({**shortcut, "disabled": True})
    return found


def _prepare(runtime: Path, titles: Mapping[str, str], *, plain: bool) -> None:
    """Write the settings that JupyterLab and IPython read when they start, and what stands on every page."""
    from workbook.page import head as chapter
    from workbook.page import minutes

    lab_css = f"{assets.surroundings(by_system=True)}\n{_read('jupyter', 'lab.css')}"
    files = {
        "settings/overrides.json": json.dumps(overrides(plain=plain)),
        "settings/page_config.json": json.dumps(
            {
                "disabledExtensions": dict.fromkeys((*_foreign_extensions(), *(() if plain else _HIDDEN)), True),
                "mend": "editor"
                if plain
                else "pages",  # for our scripts, which also run in a JupyterLab that is not ours
            }
        ),
        f"{_CUSTOM}/custom.css": "" if plain else f"{lab_css}\n{contents_css(titles)}\n{cover_css()}\n",
        "ipython/profile_default/startup/README": "",  # IPython's own would be for everybody to read
        # Beside the page's template in the package, as far as Voilà can see: it looks in every folder of data.
        "templates/login.html": worded.page("login.html"),
        "templates/error.html": worded.page("error.html"),
        "data/voila/templates/mend/help.html": chapter.help_html(page=True).replace("{", "&#123;"),
        "data/voila/templates/mend/minutes.html": minutes.section().replace("{", "&#123;"),
        "data/voila/templates/mend/static/help.js": assets.module("help.js"),
        "data/voila/templates/mend/static/surroundings.css": assets.surroundings(),
        "data/voila/templates/mend/static/help.css": assets.look("help.css"),
        "data/voila/templates/mend/static/minutes.css": assets.style("minutes.css").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        path = runtime / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _foreign_extensions() -> list[str]:
    from jupyterlab_server.config import get_federated_extensions

    found = get_federated_extensions([str(share / "labextensions") for share in places.shares()])
    return sorted(found.keys() - set(_EXTENSIONS))


def _read(*name: str) -> str:
    return package.files("workbook").joinpath(*name).read_text(encoding="utf-8")


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
    _keep_in(server, Path.cwd() / _CUSTOM)  # `ready` stands where it wrote the files
    viewer.take_over(server)
    policy.close_around(server, plain=plain)
    loop.add_callback(kernels.start_ahead)
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

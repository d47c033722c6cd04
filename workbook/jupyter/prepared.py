"""What JupyterLab and IPython read when they start: settings, style sheets, and what stands on every page."""

from __future__ import annotations

import json
from importlib import resources as package
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import words
from workbook.jupyter import notebooks, places, worded
from workbook.page import assets

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOM = "config/custom"  # in the folder of what is written: our style sheet

# What the pages are made of; other extensions of JupyterLab, however they came here, stay off.
_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/jupyterlab-preview",
    "anywidget",
    "jupyterlab_pygments",
)

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


def prepare(runtime: Path, titles: Mapping[str, str], *, plain: bool) -> None:
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
        f"{CUSTOM}/custom.css": "" if plain else f"{lab_css}\n{contents_css(titles)}\n{cover_css()}\n",
        "ipython/profile_default/startup/README": "",  # IPython's own would be for everybody to read
        # Beside the page's template in the package, as far as Voilà can see: it looks in every folder of data.
        "templates/login.html": worded.page("login.html"),
        "templates/error.html": worded.page("error.html", notebooks.first(titles)),
        "data/voila/templates/mend/help.html": chapter.help_html(page=True).replace("{", "&#123;"),
        "data/voila/templates/mend/minutes.html": minutes.section().replace("{", "&#123;"),
        "data/voila/templates/mend/static/help.js": assets.module("help.js"),
        "data/voila/templates/mend/static/line.js": assets.module("line.js"),
        "data/voila/templates/mend/static/surroundings.css": assets.surroundings(),
        "data/voila/templates/mend/static/help.css": assets.look("help.css"),
        "data/voila/templates/mend/static/minutes.css": assets.style("minutes.css").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        path = runtime / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def overrides(*, plain: bool = False) -> dict[str, dict[str, object]]:
    """Return our JupyterLab settings; `plain` keeps the ordinary notebook editor for a double click."""
    return {
        **_SETTINGS,
        **({} if plain else _PAGES),
        "@jupyterlab/shortcuts-extension:shortcuts": {"shortcuts": _typing_shortcuts()},
    }


def contents_css(titles: Mapping[str, str]) -> str:
    """Return style sheet rules that let the file list read as a table of contents."""
    rules = []
    for name, title in titles.items():
        row = f".jp-DirListing-item[title*={_css_string(f'Name: {name}')}] .jp-DirListing-itemName"
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


def _foreign_extensions() -> list[str]:
    from jupyterlab_server.config import get_federated_extensions

    found = get_federated_extensions([str(share / "labextensions") for share in places.shares()])
    return sorted(found.keys() - set(_EXTENSIONS))


def _read(*name: str) -> str:
    return package.files("workbook").joinpath(*name).read_text(encoding="utf-8")

"""Where one run of `workbook open` lives: folders of its own, and an environment with nothing of another Jupyter."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from importlib import metadata
from importlib import resources as package
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

# Variables by which a person or a site sets up another Jupyter, and what it is made of: none changes these pages.
_FOREIGN = (
    *("JUPYTER", "JPY_", "JLAB_", "VOILA_", "IPYTHON", "IPYKERNEL_", "GATEWAY_", "KERNEL_", "ANYWIDGET_"),
    *("NBFORMAT_", "NBCONVERT_", "PYZMQ_", "TORNADO_", "TRAITLETS_", "MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS"),
)

# What a JupyterHub says to each server it starts begins so: where to listen, and how to ask who someone is.
_HUB = "JUPYTERHUB_"

# What may be set beside it for the editor that hubs are usually there for: where its files lie, where it begins, and
# which of a person's settings it reads.
_EDITOR = tuple(f"{_HUB}{name}" for name in ("ROOT_DIR", "DEFAULT_URL", "DISABLE_USER_CONFIG", "SINGLEUSER_"))


@contextlib.contextmanager
def folders(journal: Path) -> Iterator[tuple[Path, Path]]:
    """Two folders for one run, for this account only, gone afterwards: for files, and for sockets.

    Files lie in the journal: systems clean their temporary folders after some days, and a page is open for longer.
    Sockets need a short path, and no synced drive wants them; their folder is made again when it was cleaned away.
    """
    make = tempfile.TemporaryDirectory
    with (
        make(prefix=_run_name(), dir=_run_folder(journal), ignore_cleanup_errors=True) as runtime,
        make(prefix="mend-", dir=_socket_folder(), ignore_cleanup_errors=True) as sockets,
    ):
        yield Path(runtime), Path(sockets)


def _run_folder(journal: Path) -> Path | None:
    """Return where this run's files may lie, without those of runs that were killed; None: only temporarily."""
    import psutil

    folder = journal / ".mend" / "run"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            return None
        for old in folder.glob(f"{_run_name('*')}*"):
            if (number := old.name.split("-")[1]).isdecimal() and not psutil.pid_exists(int(number)):
                shutil.rmtree(old, ignore_errors=True)
    except OSError:  # a folder that may only be read
        return None
    return folder


def _run_name(process: int | str | None = None) -> str:
    """A synced folder may hold the runs of another computer: those are not ours to remove."""
    computer = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    return f"{computer}-{os.getpid() if process is None else process}-"


def _socket_folder() -> str | None:
    """Socket paths have room for about 100 characters, which the temporary folder of macOS uses up."""
    if sys.platform == "darwin":
        return "/tmp"  # noqa: S108 # mkdtemp inside it is private to this account
    given = os.environ.get("XDG_RUNTIME_DIR", "") if hasattr(os, "getuid") else ""  # Windows has neither
    with contextlib.suppress(OSError):
        found = Path(given).stat()
        if Path(given).is_absolute() and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return given
    return None


def of_hub(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the variables by which a JupyterHub speaks to a server of its own."""
    return frozenset(name for name in environ if name.startswith(_HUB) and not name.startswith(_EDITOR))


def clear(kept: Container[str] = ()) -> None:
    """Forget what was set for another Jupyter, before anything of Jupyter is imported: some of it is read then.

    What is named in `kept` stays.
    """
    for name in [name for name in os.environ if name.startswith(_FOREIGN) and name not in kept]:
        del os.environ[name]
    # What judges addresses in every script: Jupyter loads it where it is installed, and asks it nothing. Building its
    # grammars takes as long as a second and 18 MB, so it is as if it were not installed.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type] # None: importing it says that it is missing


def settle(*ours: Mapping[str, str], kept: Container[str] = ()) -> None:
    """Leave nothing that was set for another Jupyter, here or in the kernels: only what is ours, and what is `kept`."""
    clear(kept)
    from jupyter_core import paths

    for each in ours:
        os.environ.update(each)
    # What “no configuration” is called there; without this line it would be a folder that stays behind.
    getattr(paths, "_dtemps", {})["jupyter-clean-cfg"] = os.environ["JUPYTER_CONFIG_DIR"]


def environment(runtime: Path, sockets: Path) -> dict[str, str]:
    own = str(package.files("workbook").joinpath("jupyter"))
    return {
        "IPYTHONDIR": str(runtime / "ipython"),
        "JUPYTER_CONFIG_DIR": str(runtime / "config"),
        "JUPYTER_DATA_DIR": str(runtime / "data"),
        "JUPYTER_NO_CONFIG": "1",  # neither the computer's nor the person's: only what `_config` says
        "JUPYTER_PATH": os.pathsep.join([own, *map(str, shares())]),
        "JUPYTER_RUNTIME_DIR": str(sockets),
    }


def shares() -> tuple[Path, ...]:
    """Return the folders of data that came with the libraries themselves: before any that someone filled later."""
    found = []
    for name in ("jupyterlab", "voila", "jupyterlab_widgets", "anywidget", "nbconvert"):
        for file in metadata.files(name) or ():
            parts = file.parts
            if "share" in parts and parts[parts.index("share") + 1] == "jupyter":
                share = Path(str(file.locate())).resolve().parents[len(parts) - parts.index("share") - 3]
                found.append(share)
                break
    return tuple(dict.fromkeys(found))

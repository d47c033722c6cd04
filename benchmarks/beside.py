"""What stands beside ours: a bare Voilà and a bare JupyterLab, started as anyone starts them."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, NamedTuple

import nbformat
import psutil

from tests.journeys.serving import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDGET = "import ipywidgets\nipywidgets.HTML('Ready')"
READY = ".widget-html >> text=Ready"
PATIENCE = 120_000  # milliseconds


class Server(NamedTuple):
    """One that runs. `took`: seconds until its address was printed, or, where it prints none, until it answered."""

    process: subprocess.Popen[str]
    address: str
    took: float


def widget(folder: Path) -> Path:
    """Write a notebook with one HTML widget, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(WIDGET)]
    nbformat.write(nbformat.v4.new_notebook(metadata=about, cells=cells), folder / "widget.ipynb")
    return folder / "widget.ipynb"


@contextlib.contextmanager
def voila(notebook: Path) -> Iterator[Server]:
    """Run `voila NOTEBOOK`."""
    port = free_port()
    began = time.perf_counter()
    process = _start("voila", str(notebook), "--no-browser", f"--port={port}")
    address = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}voila/static/").close()  # noqa: S310 # our own server
            except urllib.error.HTTPError:  # there is nothing at this address, and someone who says so
                break
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield Server(process, address, time.perf_counter() - began)
    finally:
        _stop(process)


@contextlib.contextmanager
def jupyterlab(folder: Path) -> Iterator[Server]:
    """Run `jupyter lab --no-browser` in a folder."""
    began = time.perf_counter()
    options = ("--no-browser", "--allow-root", f"--port={free_port()}", f"--notebook-dir={folder}")
    process = _start("jupyter", "lab", *options)
    try:
        address = next(found[0] for line in process.stdout or () if (found := re.search(r"http://127\S+", line)))
        took = time.perf_counter() - began
        threading.Thread(target=list, args=(process.stdout,), daemon=True).start()  # or it would wait to be read
        yield Server(process, address, took)
    finally:
        _stop(process)


def memory(process: int) -> float:
    """Return what a process and all it started hold for themselves, in bytes."""
    whole = psutil.Process(process)
    return float(sum(one.memory_full_info().uss for one in (whole, *whole.children(recursive=True))))


def _start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 # our own words
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def _stop(process: subprocess.Popen[str]) -> None:
    for one in psutil.Process(process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.kill()
    process.wait()

"""JupyterLab is set up for a client, in folders of ours, and says so in a sentence when it cannot start."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from workbook.definition import load
from workbook.jupyter import lab, notebooks, policy, prepared


def test_a_double_click_shows_the_page_and_plain_shows_the_notebook() -> None:
    """Voilà is the default viewer, but not with --plain."""
    viewer = {"defaultViewers": {"notebook": "Voila Preview"}}
    assert prepared.overrides()["@jupyterlab/docmanager-extension:plugin"] == viewer
    assert "@jupyterlab/docmanager-extension:plugin" not in prepared.overrides(plain=True)


def test_no_two_starts_have_the_same_address() -> None:
    """Nobody can guess where the pages lie, and for which path their cookies are: 96 random bits, anew each time."""
    addresses = {policy.path() for _ in range(50)}
    assert len(addresses) == 50
    assert all(re.fullmatch(r"/[A-Za-z0-9_-]{16}/", address) for address in addresses)


@pytest.mark.process
def test_a_start_loads_no_grammar_that_nothing_asks_for() -> None:
    """Jupyter's library for schemas would build forty grammars of addresses first: a second, and 18 MB on a hub.

    Notebooks are written before anything is settled, and written with that library.
    """
    loaded = "import sys, nbformat, jupyterlab.labapp; print(*(name in sys.modules for name in ('jsonschema', 'lark')))"
    for start in ("places.clear()", "places.settle({'JUPYTER_CONFIG_DIR': ''})"):
        code = f"from workbook.jupyter import places; {start}; {loaded}"
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert said.stdout.split() == ["True", "False"]


@pytest.mark.process
def test_a_page_s_python_loads_no_debugger() -> None:
    """ipykernel would load one where it is installed, which takes a tenth of the memory of each page."""
    code = "import workbook.jupyter.kernel; from ipykernel import debugger; print(debugger._is_debugpy_available)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_every_setting_of_ours_is_known_to_the_jupyterlab_installed() -> None:
    """A renamed setting would be ignored without a word."""
    from jupyterlab.commands import get_app_dir

    for plugin, settings in prepared.overrides().items():
        package, name = plugin.split(":")
        schema = json.loads(Path(get_app_dir(), "schemas", package, f"{name}.json").read_text())
        assert settings.keys() <= schema["properties"].keys(), plugin


def test_single_letters_do_nothing_to_a_notebook() -> None:
    """The shortcuts that would insert, delete or cut a cell while a radio button has the focus are off."""
    shortcuts = prepared.overrides()["@jupyterlab/shortcuts-extension:shortcuts"]["shortcuts"]
    assert isinstance(shortcuts, list)
    off = {tuple(shortcut["keys"]) for shortcut in shortcuts if shortcut["disabled"]}
    assert {("A",), ("B",), ("X",), ("D", "D"), ("Y",), ("M",), ("ArrowDown",), ("0", "0"), ("I", "I")} <= off


def test_signed_notebooks_are_trusted_and_others_are_not(tmp_path: Path) -> None:
    """Signatures lie in the folder of this run, so that no other Jupyter trusts them."""
    paths = notebooks.write(load(), tmp_path / "journal")
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    lab.sign(paths[:1], runtime)
    notary = NotebookNotary(data_dir=str(runtime))
    trusted = [notary.check_signature(nbformat.read(path, as_version=4)) for path in paths[:2]]
    notary.store.close()
    assert trusted == [True, False]


def test_titles_cannot_break_out_of_the_style_sheet() -> None:
    """A title comes from a definition, which may come from someone else, and the name of a file from anyone."""
    css = prepared.contents_css({'0"] { } body { display: none } /*.ipynb': "Start"})
    assert "body {" not in css
    css = prepared.contents_css({"00-start.ipynb": 'Start" } body { display: none } /*'})
    assert "body" in css
    assert 'Start"' not in css
    assert "}" not in css.split("content: ")[1].split(";")[0]


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    """Someone's other program is not disturbed; the message says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(lab.LabError) as caught:
            lab.serve(tmp_path, {}, (), port=port)
    assert str(caught.value) == (
        f"Port {port} is in use by another program. Choose another with --port, or leave it out."
    )

"""`workbook hub` is the same server with another door: what JupyterHub decides is left to it, and nothing else."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from traitlets.config import Config

from workbook import definition, words
from workbook.cli import client as cli
from workbook.definition import overlay
from workbook.journal import Journal
from workbook.jupyter import hub, lab, places, policy
from workbook.jupyter.kernels import Kernels
from workbook.page import head

ROOT = Path(words.__file__).parent
SAID = {
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8888/user/alice/",
    "JUPYTERHUB_PUBLIC_HUB_URL": "https://example.org/hub/",
    "JUPYTERHUB_PUBLIC_URL": "https://alice.example.org/user/alice/",
}


def test_outside_of_jupyterhub_it_says_what_to_type_instead() -> None:
    """Whoever types it at home reads which command is meant."""
    result = CliRunner(env={"JUPYTERHUB_SERVICE_URL": None}).invoke(cli.main, ["hub"])
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: This is started by JupyterHub, for each person who logs in there."
        " To open a journal on your own computer: workbook open\n",
    )


def test_without_jupyterhub_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's log holds one sentence for whoever looks after it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(lab.LabError) as caught:
        hub.refuse_elsewhere(SAID)
    assert str(caught.value) == (
        "A part that JupyterHub needs here, jupyterhub, is not installed."
        ' Whoever looks after this server types: pip install "mend-workbook[hub]"'
    )


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "CIFS", "smb3", "9p", "fuse.sshfs", "fuse.juicefs", "virtiofs"]
)
def test_a_journal_on_a_network_drive_is_refused_by_the_drive_s_name(kind: str, tmp_path: Path) -> None:
    """The innermost mount counts: a disk inside a network drive is a disk, a network drive inside a disk is none."""
    drive = str(tmp_path / "drive")
    journal = tmp_path / "drive" / "alice" / "Mend"
    with pytest.raises(lab.LabError) as caught:
        hub.refuse_mounted(journal, [("/", "ext4"), (drive, kind), (str(tmp_path / "dri"), "ext4")])
    assert str(caught.value) == (
        f"{journal} lies on {drive}, which is a network drive ({kind}). Answers can be damaged or lost there, so Mend"
        " does not open it. Put each person's journal on a disk of the server,"
        " or on a volume that one server alone uses."
    )
    hub.refuse_mounted(journal, [("/", "ext4"), (drive, kind), (str(tmp_path / "drive" / "alice"), "ext4")])
    hub.refuse_mounted(journal)


def test_of_two_that_are_mounted_at_one_place_the_later_counts(tmp_path: Path) -> None:
    """Where a drive comes when it is asked for, the system lists what waits for it, and then the drive."""
    drive, journal = str(tmp_path / "home"), tmp_path / "home" / "alice" / "Mend"
    with pytest.raises(lab.LabError, match=r"which is a network drive \(nfs4\)"):
        hub.refuse_mounted(journal, [("/", "ext4"), (drive, "autofs"), (drive, "nfs4")])
    hub.refuse_mounted(journal, [("/", "ext4"), (drive, "nfs4"), (drive, "ext4")])


def test_it_decides_where_a_visit_begins_and_no_more() -> None:
    """Address, port, login and stopping are JupyterHub's; policy and extensions are those of `workbook open`.

    One page waits to be next there, two at home.
    """
    settings = hub.listening("00-start.ipynb", SAID)
    assert [(each.most, each.tables) for each in (Kernels(), Kernels(config=Config(settings)))] == [(2, 1), (1, 0)]
    assert settings == {
        "Kernels": {"most": 1, "tables": 0},
        "ServerApp": {
            "default_url": "/lab/tree/00-start.ipynb",
            "jpserver_extensions": {**lab.EXTENSIONS, "jupyterhub.singleuser.extension": True},
            "tornado_settings": {
                "headers": {policy.HEADER: policy.policy()},
                "scheme": "https",
                "exits": ["https://example.org/hub/logout"],
            },
        },
    }


def test_who_is_there_opened_a_page_or_saved_an_answer(tmp_path: Path) -> None:
    """What an open page asks for by itself, and what a kernel is busy with, is no sign of anyone."""
    at = [datetime(2025, 1, 4, hour, tzinfo=UTC) for hour in range(9, 13)]
    settings: dict[str, Any] = {"started": at[0], "api_last_activity": at[3], "last_activity_times": {"x": at[3]}}
    there = hub.Presence(tmp_path, settings)
    assert there() == at[0]
    with Journal.create(tmp_path) as journal:
        for file in (tmp_path / ".mend").glob("answers.sqlite*"):
            os.utime(file, (at[1].timestamp(),) * 2)
        journal.save("start.privacy.alias", "R.")
        saved = there()
        assert saved > at[0]
        assert journal.answers().shape[0] == 1  # reading is no saving
        assert there() == saved
    page = SimpleNamespace(request=SimpleNamespace(headers={"Sec-Fetch-Dest": "document"}), settings=settings)
    before = datetime.now(UTC)
    with contextlib.suppress(AttributeError):  # no page is made here, it is only asked for
        lab.guard(page, nbformat.v4.new_notebook(), "")  # type: ignore[arg-type] # as far as it is asked
    assert before <= settings[lab.OPENED] <= there()


def test_a_time_to_come_is_no_sign_of_anyone(tmp_path: Path) -> None:
    """The hub believes no server whose clock is ahead, or whose file is from a backup: it is as if that was not there.

    What follows, a page opened or an answer saved, counts again.
    """
    at = [datetime(2027, 1, 4, hour, tzinfo=UTC) for hour in range(9, 13)]
    settings: dict[str, Any] = {"started": at[0]}
    now = [at[1]]
    there = hub.Presence(tmp_path, settings, lambda: now[0])
    saved = tmp_path / ".mend" / "answers.sqlite"
    saved.parent.mkdir()
    saved.touch()
    os.utime(saved, (at[3].timestamp(),) * 2)
    assert there() == at[0]
    settings[lab.OPENED] = at[1]
    assert there() == at[1]
    now[0] = at[2]
    os.utime(saved, (at[2].timestamp(),) * 2)
    assert there() == at[2]
    settings[lab.OPENED] = at[0].replace(year=2020)  # a clock that was behind
    os.utime(saved, (0,) * 2)
    assert there() == at[0]


def test_what_is_set_for_the_usual_editor_is_dropped_and_what_the_hub_says_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`c.Spawner.notebook_dir` and the like would show other files than the journal."""
    given = {
        **SAID,
        "JUPYTERHUB_API_TOKEN": "token",
        "JUPYTERHUB_ROOT_DIR": "/",
        "JUPYTERHUB_DEFAULT_URL": "/tree",
        "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
        "JUPYTERHUB_SINGLEUSER_TEST_EXTENSION": "1",
        "JUPYTER_PATH": "/elsewhere",
        "JPY_API_TOKEN": "token",
        "VOILA_BASE_URL": "/",
    }
    for name in [name for name in os.environ if name.startswith(("JUPYTER", "JPY_", "VOILA_"))]:
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "")  # put back afterwards
    places.settle({"JUPYTER_CONFIG_DIR": "/nowhere"}, kept=places.of_hub())
    left = {name: os.environ[name] for name in os.environ if name.startswith(("JUPYTER", "JPY_", "VOILA_"))}
    assert left == {**SAID, "JUPYTERHUB_API_TOKEN": "token", "JUPYTER_CONFIG_DIR": "/nowhere"}


@pytest.fixture
def on_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kernel is told on a hub."""
    monkeypatch.setenv(words.PLACE, words.HUB)


UNTRUE = ("this computer", "on my computer", "no server", "Ctrl-C", "start Mend again", "until its window is closed")
"""What is so on a person's own computer and nowhere else."""

COUNSELORS = (
    "caseload",
    "sharing.keys",
    "jupyter.caseload",
    "jupyter.lab",
    "page.panels.caseload",
    "page.caseload",
    "cli.",
)
"""Sentences of commands and of a counselor's own page, which no hub shows."""


def test_no_sentence_of_a_hub_is_true_at_home_only(on_hub: None) -> None:
    """Each sentence of a page says on a hub what is so there; so does the workbook itself."""
    said = {
        **{path: str(text) for section in ("page", "jupyter") for path, text in _section(section).items()},
        **overlay.texts(overlay.shipped("en")),
    }
    found = {path for path, text in said.items() if any(each in text for each in UNTRUE)}
    assert {path for path in found if not path.startswith(COUNSELORS)} == {"page.share.folder"}  # not drawn: next test


def test_nothing_that_a_page_is_made_of_says_it_by_itself() -> None:
    """Scripts, templates and style sheets hold no such sentence: errors, the lock and help say what stands in words."""
    files = [path for path in ROOT.rglob("*") if path.suffix in (".js", ".j2", ".html", ".css", ".json")]
    assert {"index.html.j2", "lock.js", "share.js", "help.js"} <= {path.name for path in files}
    notes = re.compile(r"/\*.*?\*/|^\s*//[^\n]*|\{#.*?#\}", re.DOTALL | re.MULTILINE)
    said = {path.name: notes.sub("", path.read_text("utf-8")) for path in files}
    assert {name: each for name, text in said.items() for each in UNTRUE if each in text} == {}


def _section(name: str) -> dict[str, object]:
    return {f"{name}.{path}": text for path, text in words.section(name).items()}


def test_what_a_hub_says_stands_in_place_of_something() -> None:
    """A path that is nowhere else would be said by nobody; the names in braces are the same."""
    sentences = words.load().sentences
    own = {path.removeprefix("hub."): text for path, text in sentences.items() if path.startswith("hub.")}
    assert own.keys() - sentences.keys() == set()
    for path, text in own.items():
        assert words._names(text) == words._names(sentences[path]), path
    assert overlay.of_hub("en").keys() - overlay.texts(definition.load()).keys() == set()
    assert overlay.of_hub("xx") == {}


def test_a_hub_changes_no_question(on_hub: None) -> None:
    """What is asked is the same everywhere, so an answer means the same; at home nothing is other than it was."""
    at_home = definition.load()
    changed = {
        item.id
        for one, other in zip(overlay.shipped("en").exercises, at_home.exercises, strict=True)
        for item, before in zip(one.items, other.items, strict=True)
        if item != before
    }
    assert changed == {"start.privacy.where_note"}
    assert at_home.item("start.privacy.where_note").kind == "note"


def test_every_page_of_a_hub_has_a_way_to_log_out(on_hub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Help and the way out stand in each page's own source; at home there is nothing to log out of."""
    monkeypatch.setenv("JUPYTERHUB_PUBLIC_HUB_URL", "https://example.org/hub/")
    monkeypatch.setenv("JUPYTERHUB_USER", 'a"b')
    shown = head.help_html(page=True)
    assert 'data-hub="https://example.org/hub/" data-person="a%22b"' in shown
    assert '<button type="button" class="mend-plain mend-log-out">Log out</button>' in shown
    monkeypatch.delenv(words.PLACE)
    assert "Log out" not in head.help_html(page=True)
    assert "data-hub" not in head.help_html(page=True)

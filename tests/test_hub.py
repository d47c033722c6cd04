"""`workbook hub` is the same server with another door: what JupyterHub decides is left to it, and nothing else."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner

from workbook.cli import client as cli
from workbook.jupyter import hub, lab, places, policy

SAID = {
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:8888/user/alice/",
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


def test_it_decides_where_a_visit_begins_and_no_more() -> None:
    """Address, port, login and stopping are JupyterHub's; policy and extensions are those of `workbook open`."""
    settings = hub.listening(lab.START, SAID)
    assert settings == {
        "ServerApp": {
            "default_url": "/lab/tree/00-start.ipynb",
            "jpserver_extensions": {**lab.EXTENSIONS, "jupyterhub.singleuser.extension": True},
            "tornado_settings": {"headers": {policy.HEADER: policy.policy()}, "scheme": "https"},
        }
    }


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

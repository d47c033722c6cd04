"""What stands around the package is true: what it needs is declared, and what the README says can be done."""

from __future__ import annotations

import ast
import asyncio
import grp
import pwd
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tornado import web
from traitlets.config import Config

import workbook
from tests import conftest
from workbook import example
from workbook.journal import Journal

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def declared(*extras: str) -> set[str]:
    found = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {_plain(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in found}


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def imported(folder: str) -> dict[str, str]:
    """Return each top-level module that is not Python's own and not ours, with a file that imports it."""
    ours = {"workbook", "tests", "benchmarks", *(path.stem for path in (ROOT / "tests" / "soak").glob("*.py"))}
    found: dict[str, str] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [str(node.module)]
            found |= {name.split(".")[0]: path.name for name in names}
    return {name: path for name, path in found.items() if name not in ours and name not in sys.stdlib_module_names}


@pytest.mark.parametrize(
    ("folder", "extras"), [("workbook", ("hub",)), ("tests", ("hub", "dev", "mutants")), ("benchmarks", ("dev",))]
)
def test_every_library_that_is_imported_is_declared(folder: str, extras: tuple[str, ...]) -> None:
    """A library that is there only because another one brings it may be gone tomorrow."""
    known = declared(*(extra for extra in extras if extra in PROJECT["optional-dependencies"]))
    homes = packages_distributions()
    missing = {
        name: path
        for name, path in imported(folder).items()
        if not {_plain(one) for one in homes.get(name, [name])} & known
    }
    assert missing == {}


def test_the_documented_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The few lines for programmers do what they say, on the invented person's journal."""
    with Journal.create(tmp_path / "Mend") as journal:
        example.fill(journal)
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "Mend"))
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/commands.md").read_text("utf-8"), re.S)
    names: dict[str, Any] = {}
    exec(compile(code, "commands.md", "exec"), names)  # noqa: S102  it is ours, and running it is the test
    try:
        assert isinstance(names["journal"], workbook.Journal)
        assert len(names["journal"].answers()) > 0
    finally:
        names["journal"].close()


def test_the_readme_is_one_screen_of_beginning_with_one_picture() -> None:
    """One picture that is there, one command that opens, one that tests, and where the words are kept."""
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert [(ROOT / picture).is_file() for picture in pictures] == [True]
    for said in ("uv run workbook open", ".venv/bin/workbook open", "uv run pytest", ".venv/bin/pytest", "`~/Mend`"):
        assert said in README
    assert len(README.splitlines()) <= 80
    for link in re.findall(r"\]\(((?:docs|data|notebooks|CONTRIBUTING|SECURITY|CHANGELOG)[^)#]*)", README):
        assert (ROOT / link).exists(), link


def test_the_workflow_runs_what_every_change_runs() -> None:
    """The hosted run and the local one are the same script."""
    (job,) = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"].values()
    assert job["steps"][-1] == {"run": "bash .ci/run"}


def test_what_is_asked_at_each_commit_is_asked_by_every_change_too() -> None:
    """A hook is only quicker than `.ci/run`, never stricter or looser."""
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    run = (ROOT / ".ci/run").read_text("utf-8")
    for hook in repository["hooks"]:
        assert hook["entry"].replace(" --force-exclude", "") in run


def test_each_threat_names_tests_that_are_there() -> None:
    """What was tried stands in docs/threats.md beside the test that shows it; a renamed test is renamed there."""
    section = (ROOT / "docs" / "threats.md").read_text("utf-8").partition("## What was tried")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)
    }
    assert len(rows) >= 21
    assert [row for row, tests in zip(rows, named, strict=True) if not tests or set(tests) - there] == []


def test_the_citation_names_this_version() -> None:
    """Who cites Mend cites what is here."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])


def test_the_versions_written_down_are_whole_and_name_no_host() -> None:
    """Every library that is declared has one version and its hashes; where it comes from is for each place to say."""
    text = (ROOT / "requirements/tested.txt").read_text("utf-8")
    assert "://" not in text
    entries = re.split(r"(?m)^(?=\S)", text.replace("\\\n", " "))[1:]
    assert [
        entry
        for entry in entries
        if not re.match(r"[a-z0-9.-]+(\[\w-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", entry, re.S)
    ] == []
    written = {_plain(re.split(r"[=\[]", entry)[0]) for entry in entries}
    assert declared("dev") - written == set()


HUB = ROOT / "docs" / "hub"


@pytest.fixture
def for_a_hub(monkeypatch: pytest.MonkeyPatch) -> tuple[Config, dict[str, Any]]:
    """The settings of docs/hub as JupyterHub reads them, on a machine with its groups; and what stands beside them."""
    settings = Config()
    monkeypatch.setenv("MEND_DOMAIN", "mend.example.org")
    monkeypatch.setattr(grp, "getgrnam", lambda group: SimpleNamespace(gr_mem=[f"of-{group}"]))
    beside = runpy.run_path(str(HUB / "jupyterhub_config.py"), {"get_config": lambda: settings})
    return settings, beside["remember"].__globals__


def test_the_settings_for_a_hub_are_ones_it_knows(for_a_hub: tuple[Config, dict[str, Any]]) -> None:
    """A setting of a name that is none would be passed over in silence; nobody may enter another's server."""
    from jupyterhub import app, auth, proxy, scopes, spawner
    from jupyterhub.services.service import Service

    settings, beside = for_a_hub
    kinds = (app.JupyterHub, auth.PAMAuthenticator, proxy.ConfigurableHTTPProxy, spawner.Spawner)
    known = {kind.__name__: set(kind.class_traits(config=True)) for kind in kinds}
    assert {name for name in settings if name not in known} == {"SystemdSpawner"}
    assert {name: set(settings[name]) - known[name] for name in known} == {name: set() for name in known}
    assert [set(each) - set(Service.class_traits()) for each in settings.JupyterHub.services] == [set(), set()]

    values = yaml.safe_load((HUB / "values.yaml").read_text("utf-8"))
    roles = {role["name"]: role["scopes"] for role in settings.JupyterHub.load_roles}
    charts = {name: role["scopes"] for name, role in values["hub"]["loadRoles"].items()}
    assert charts == {name: found for name, found in roles.items() if name != "culler"}  # the chart has one of its own
    given = {scope.partition("!")[0] for found in roles.values() for scope in found}
    assert given - set(scopes.scope_definitions) == set()
    assert given & {"access:servers", "tokens", "groups", "admin:users", "admin:groups"} == set()
    assert set(values["hub"]["config"]["JupyterHub"]) - known["JupyterHub"] == set()
    assert values["hub"]["config"]["KubeSpawner"]["server_token_scopes"] == settings.Spawner.server_token_scopes
    assert values["singleuser"]["extraEnv"].keys() <= settings.Spawner.environment.keys()
    assert settings.JupyterHub.proxy_class is beside["Quiet"]


def test_what_passes_the_proxy_is_no_sign_of_anyone(
    for_a_hub: tuple[Config, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that stands open asks by itself; on Kubernetes the hub is told the same."""
    from jupyterhub.proxy import ConfigurableHTTPProxy

    async def routes(self: object) -> dict[str, Any]:
        return {"/user/ann/": {"data": {"user": "ann", "last_activity": "2027-01-04T09:00:00Z"}}}

    monkeypatch.setattr(ConfigurableHTTPProxy, "get_all_routes", routes)
    charts = Config()
    for code in yaml.safe_load((HUB / "values.yaml").read_text("utf-8"))["hub"]["extraConfig"].values():
        exec(code, {"c": charts})  # noqa: S102 # ours
    for settings in (for_a_hub[0], charts):
        quiet = settings.JupyterHub.proxy_class
        found = asyncio.run(quiet.get_all_routes(object.__new__(quiet)))
        assert (issubclass(quiet, ConfigurableHTTPProxy), found) == (True, {"/user/ann/": {"data": {"user": "ann"}}})


def test_a_person_whose_journal_is_gone_gets_no_new_one(
    for_a_hub: tuple[Config, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the settings of docs/hub a first visit begins, a later one goes on, and an empty home is said."""
    settings, beside = for_a_hub
    monkeypatch.setitem(beside, "known", tmp_path / "known")
    monkeypatch.setattr(pwd, "getpwnam", lambda name: SimpleNamespace(pw_dir=str(tmp_path / name)))
    ann, ben = (SimpleNamespace(user=SimpleNamespace(name=name)) for name in ("ann", "ben"))
    start, stop = settings.Spawner.pre_spawn_hook, settings.Spawner.post_stop_hook
    start(ann)
    (tmp_path / "ann").mkdir()
    Journal.create(tmp_path / "ann" / "Mend").close()
    stop(ann)
    start(ann)
    shutil.rmtree(tmp_path / "ann" / "Mend")
    with pytest.raises(web.HTTPError) as refused:
        start(ann)
    assert (refused.value.status_code, refused.value.log_message) == (503, beside["GONE"])
    start(ben)


@pytest.mark.process
def test_the_files_for_a_hub_can_be_read() -> None:
    """The script is one, and what Kubernetes reads says what it is."""
    subprocess.run(["bash", "-n", str(HUB / "debian.sh")], check=True)  # noqa: S607 # the system's own
    mailbox = list(yaml.safe_load_all((HUB / "mailbox.yaml").read_text("utf-8")))
    assert [each["kind"] for each in mailbox] == ["Service", "Deployment"]
    for name in re.findall(r"\]\((hub/[^)]+)\)", (ROOT / "docs" / "hub.md").read_text("utf-8")):
        assert (ROOT / "docs" / name).is_file(), name


def test_what_starts_a_process_says_so() -> None:
    """In CI it gets a second try by its mark: a file of tests that can start one, or a server, marks which do."""
    starting = (
        r"^ *(from|import) (subprocess|threading|multiprocessing|concurrent|http\.server|tests\.soak)"
        r"|tests\.mailboxes import (\([^)]*|.*)\bserved\b"
    )
    files = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    able = {name for name, source in files.items() if re.search(starting, source, re.M)}
    assert len(able) > 20
    assert {name for name in able if "pytest.mark.process" not in files[name]} == {
        "test_mutations.py",  # what is damaged there is read in this process
        "test_checks.py",  # it only reads a list
        *("test_scripts.py", "test_line.py"),  # what asks for Node.js gets it by that name
    }


def test_a_second_try_is_for_what_runs_beside_a_test_and_for_the_last_of_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By folder, by what it asks for, by a case, by its mark; and what ends shared servers. Elsewhere than CI: none."""
    again, process = pytest.mark.flaky(reruns=1), pytest.mark.process.mark

    def item(name: str, file: str = "tests/test_days.py", asks: tuple[str, ...] = (), *marks: pytest.Mark) -> Any:
        got: list[pytest.MarkDecorator] = []
        return SimpleNamespace(
            name=name, path=Path(file), fixturenames=asks, iter_markers=lambda: marks, got=got, add_marker=got.append
        )

    def made() -> list[Any]:
        return [
            item("test_plain", asks=("tmp_path",)),
            item("test_page", asks=("browser",)),
            item("test_store[file-postgresql]"),
            item("test_marked", "tests/test_days.py", (), process),
            item("test_address", "tests/journeys/test_ours.py", asks=("place",)),
        ]

    for ci, expected in (("true", [[], [again], [again], [again], [again]]), ("", [[]] * 5)):
        monkeypatch.setenv("CI", ci)
        items = made()
        conftest.pytest_collection_modifyitems(items)
        assert [each.got for each in items] == expected
        one, other = item("test_one"), item("test_two", "tests/test_words.py")
        for last, following in ((one, one), (other, one), (one, None)):
            assert conftest.pytest_runtest_protocol(last, following) is None  # pytest goes on as always
        assert (one.got, other.got) == (([again], [again]) if ci else ([], []))

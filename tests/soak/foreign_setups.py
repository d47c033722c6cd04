"""Serve pages under settings and variables made for another Jupyter: nothing of what runs may be another than without.

    python -m tests.soak.foreign_setups --runs 2000 --started 20 --seed 1

Names are those that JupyterLab, jupyter_server, Voilà and ipykernel have; values are drawn by the kind of each. Every
setup is served by a process of its own, forked from one that has imported Jupyter, until it listens and has answered:
its address and guards are asked, and every setting of every object that lives, its routes and its environment are
compared with those of a server in an empty home. That takes less than a second. Some, spread evenly, are besides
started as people start them, by `workbook open` in a fresh Python, up to a page with its forms.

A run passes with no difference, or with one sentence instead of a server. A setup that is let in on purpose has to be
noticed first, or nothing here counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import re
import signal
import tempfile
import threading
import urllib.error
import urllib.request
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.journeys.serving import Lab, free_port
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WORDS = (
    "",
    "*",
    ".*",
    "/elsewhere/",
    "/",
    "http://127.0.0.1:9",
    "0.0.0.0",  # noqa: S104 # drawn to be refused
    "known",
    "reveal",
    "python3",
    "light",
    "NO",
)
_TROUBLE = 'class="trouble"'
SWITCHES = ("1", "0", "true", "no", "")
_SETTINGS = ("jupyter_config", "jupyter_server_config", "jupyter_lab_config", "voila", "jupyter_voila_config")
# Documented beside those that gateway settings name themselves.
_VARIABLES = (
    *(
        "JUPYTER_ALLOW_INSECURE_WRITES",
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_CONFIG_PATH",
        "JUPYTER_DATA_DIR",
        "JUPYTER_NO_CONFIG",
    ),
    *("JUPYTER_PATH", "JUPYTER_PLATFORM_DIRS", "JUPYTER_PORT", "JUPYTER_PORT_RETRIES", "JUPYTER_PREFER_ENV_PATH"),
    *("JUPYTER_RUNTIME_DIR", "JUPYTER_TOKEN", "JUPYTER_TOKEN_FILE", "JUPYTER_DEFAULT_PROVISIONER_NAME"),
    *("JUPYTER_SERVER_ALLOW_UNAUTHENTICATED_ACCESS", "JUPYTER_USE_PROGRAMDATA", "JUPYTERHUB_API_TOKEN"),
    *("JUPYTERHUB_API_URL", "JUPYTERHUB_BASE_URL", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_USER", "JUPYTERLAB_DIR"),
    *("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "JPY_SESSION_NAME", "IPYTHONDIR", "KERNEL_USERNAME"),
    *("KERNEL_LAUNCH_TIMEOUT", "VOILA_APP_PORT", "VOILA_BASE_URL", "VOILA_PREHEAT", "VOILA_SERVER_URL"),
    *("IPYKERNEL_CELL_NAME", "JLAB_BROWSER_TYPE", "MPLBACKEND", "NBFORMAT_VALIDATOR", "PYTHONSTARTUP"),
    *("ANYWIDGET_HMR", "NBCONVERT_DISABLE_CONFIG_EXPORTERS", "PYZMQ_BACKEND", "TORNADO_EXTENSION"),
    *("TRAITLETS_ALL_DEPRECATIONS", "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR"),
)


@dataclass
class Result:
    """What runs came to: `faults` has the seed of each that changed something, and what."""

    runs: int = 0
    started: int = 0
    compared: int = 0  # settings of a server in an empty home
    sentences: list[str] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def run(runs: int, seed: int = 0, started: int = 1) -> Result:
    """Serve under that many setups, each another; `started` of them are started by the command as well."""
    _import()
    result = Result()
    by_command = {seed + each * runs // started for each in range(started)}
    with tempfile.TemporaryDirectory(prefix="setups-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        journal = _journal(folder)
        clean = _served(journal, _home(folder, "clean"), {}, {})
        again = _served(journal, _home(folder, "again"), {}, {})
        assert "standing" in clean, clean
        assert clean == again, f"two servers alike differ: {again.get('stopped', _apart(clean, again))}"
        result.compared = len(clean["standing"])
        _notice(journal, _home(folder, "let-in"), clean)
        for number in range(seed, seed + runs):
            home = _home(folder, str(number))
            variables = _setup(home, random.Random(number))  # noqa: S311 # a repeatable draw, not a secret
            found = _served(journal, home, variables, {})
            fault = _fault(found, clean, home, result)
            if fault is None and number in by_command:
                result.started += 1
                fault = _one(home, variables, result)
            result.runs += 1
            if fault:
                result.faults.append((number, fault))
    return result


def _import() -> None:
    """Import what every server needs before it is asked to serve: afterwards a fork has it."""
    import ipykernel.kernelapp
    import jupyterlab.labapp
    import voila.configuration
    import voila.server_extension

    import workbook.jupyter.kernels
    import workbook.jupyter.lab
    import workbook.jupyter.viewer

    del ipykernel, jupyterlab, voila, workbook


def _home(folder: Path, name: str) -> Path:
    home = folder / f"home-{name}"
    home.mkdir()
    return home


def _journal(folder: Path) -> Path:
    from workbook import definition
    from workbook.journal import Journal
    from workbook.jupyter import notebooks

    with Journal.create(folder / "Mend") as journal:
        notebooks.refresh(definition.load(), journal.path)
    return folder / "Mend"


def _notice(journal: Path, home: Path, clean: Mapping[str, Any]) -> None:
    """Let another Jupyter's settings in on purpose: unless that is seen, seeing nothing says nothing."""
    (home / "jupyter_server_config.py").write_text("c.ServerApp.max_body_size = 1\n")
    let_in = {"JUPYTER_NO_CONFIG": "", "JUPYTER_CONFIG_PATH": str(home), "JUPYTER_PREFER_ENV_PATH": "0"}
    found = _served(journal, home, {}, let_in)
    seen = _apart(clean, found)
    assert "ServerApp.max_body_size = 1" in seen, found.get("stopped", seen)
    assert any(each.startswith("JUPYTER_PREFER_ENV_PATH") for each in seen), seen


def _apart(clean: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return what is in one and not in the other, of what stands and of what changed."""
    return sorted(
        {*clean.get("standing", ()), *clean.get("changed", ())}
        ^ {*found.get("standing", ()), *found.get("changed", ())}
    )


def _fault(found: Mapping[str, Any], clean: Mapping[str, Any], home: Path, result: Result) -> str | None:
    if "sentence" in found:
        result.sentences.append(found["sentence"])
        return "stopped with several lines" if "\n" in found["sentence"] else None
    if "stopped" in found:
        return f"stopped with: {found['stopped']}"
    if (home / "ran").exists():
        return "code of another Jupyter ran"
    apart = _apart(clean, found)
    return "; ".join(apart[:5]) if apart else None


def _served(journal: Path, home: Path, variables: Mapping[str, str], let_in: Mapping[str, str]) -> dict[str, Any]:
    """Serve in a process of its own until everything is asked; return what it found, or with what it stopped."""
    told = home / "told.json"
    child = os.fork()
    if not child:
        signal.alarm(120)
        try:
            os.environ.update({"HOME": str(home), "USERPROFILE": str(home), **variables})
            _serve(journal, home, told, let_in)
        except WorkbookError as stopped:
            told.write_text(json.dumps({"sentence": str(stopped)}))
        except BaseException as stopped:  # whatever it was is the answer
            told.write_text(json.dumps({"stopped": repr(stopped)}))
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    return json.loads(told.read_text()) if told.exists() else {"stopped": "without a word"}


def _serve(journal: Path, home: Path, told: Path, let_in: Mapping[str, str]) -> None:
    from jupyter_server.serverapp import ServerApp

    from workbook.jupyter import lab, notebooks, places

    places.clear()  # as the command does

    def ask(address: str) -> None:
        try:
            found: dict[str, Any] = {"changed": list(_unguarded(address)), "standing": standing}
        except Exception as stopped:  # as above
            found = {"stopped": repr(stopped)}
        told.write_text(json.dumps(found))
        os._exit(0)

    standing: list[str] = []

    def opened(said: str) -> None:
        address = re.search(r"http://\S+", said)
        if address and not standing:
            try:
                standing.extend(_standing(address[0], home))
            except Exception as stopped:  # the loop would swallow it
                told.write_text(json.dumps({"stopped": repr(stopped)}))
                os._exit(1)
            kernels: Any = ServerApp.instance().kernel_manager  # ours
            kernels.most = 0  # no page is asked for: nothing waits for one
            threading.Thread(target=ask, args=(address[0],), daemon=True).start()

    lab.serve(
        journal,
        notebooks.contents(journal),
        notebooks.harmless(journal),
        port=free_port(),  # two runs on one machine may ask at once
        browser=False,
        environment=let_in,
        say=opened,
    )


def _standing(address: str, home: Path) -> list[str]:
    """Every setting of all that lives, every route and every variable, without what is drawn anew at each start."""
    from jupyter_server.serverapp import ServerApp
    from traitlets.config import Configurable

    server = ServerApp.instance()
    found = [
        f"{type(each).__name__}.{name} = {_value(each, name)}"
        for each in gc.get_objects()
        if isinstance(each, Configurable)
        for name in each.trait_names(config=True)
    ]
    settings = dict(server.web_app.settings)
    found += [f"kept by browsers: {each}" for each in settings.pop("static_immutable_cache")]  # in any order
    found += [f"settings[{name!r}] = {value!r}" for name, value in settings.items() if _plain(value)]
    found += [
        f"route {getattr(rule.matcher, 'regex', rule.matcher)}".replace("\\\\-", "-")
        for rule in server.web_app.wildcard_router.rules
    ]
    found += [f"{name}={value}" for name, value in os.environ.items()]
    parts = urlsplit(address)
    drawn = {
        **{str(Path.cwd()): "RUN", os.environ["JUPYTER_RUNTIME_DIR"]: "SOCKETS", str(home): "HOME"},
        **{
            parts.query.partition("=")[2]: "TOKEN",
            parts.path.split("/")[1]: "PATH",
            f":{parts.port}": ":PORT",
            f"port = {parts.port}": "port = PORT",
        },
    }
    for old, new in drawn.items():
        found = [line.replace(old, new) for line in found]
    return sorted(set(found))


def _value(owner: Any, name: str) -> str:
    from traitlets import TraitError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old names, which are read like any other
            value = getattr(owner, name)
    except TraitError as refused:
        return f"refused: {refused}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return repr(value) if _plain(value) else type(value).__name__


def _plain(value: object) -> bool:
    """Say whether what Python writes of a value is the same in every process."""
    if isinstance(value, dict):
        return all(map(_plain, [*value, *value.values()]))
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | bool | int | float | type | Path)


def _one(home: Path, variables: Mapping[str, str], result: Result) -> str | None:
    """Start `workbook open` as people do, and return what a setup changed; None when nothing."""
    try:
        lab = Lab(home / "Mend", environment={"HOME": str(home), "USERPROFILE": str(home), **variables})
    except AssertionError as stopped:
        said = str(stopped).partition(":\n")[2].strip()
        if not said or "\n" in said:
            return f"stopped with: {said}"
        result.sentences.append(said)
        return None
    try:
        return next(_changed(lab, home), None)
    finally:
        lab.stop()


def _changed(lab: Lab, home: Path) -> Iterator[str]:
    """Yield each thing of a started program that is not as it has to be."""
    yield from _unguarded(lab.address)
    policy, source = _page(lab)
    if _TROUBLE in source:  # on a machine that is very busy a page's Python may start too late: it says to reload
        policy, source = _page(lab)
    if "script-src 'nonce-" not in policy or "default-src 'none'" not in policy:
        yield f"the policy is {policy}"
    if 'class="mend-sos"' not in source:
        yield "the page has no help"
    if _TROUBLE in source:
        yield "the page says " + re.sub("<[^>]*>", " ", source.partition(_TROUBLE)[2][:600])
    elif source.count("<div data-model=") < 3:
        yield "the page has no forms"
    if (home / "ran").exists():
        yield "code of another Jupyter ran"


def _page(lab: Lab) -> tuple[str, str]:
    with urllib.request.urlopen(lab.page("00-start")) as answer:  # noqa: S310 # our own server
        return answer.headers["Content-Security-Policy"] or "", answer.read().decode()


def _unguarded(address: str) -> Iterable[str]:
    """Yield each thing that is not as it has to be of what a server answers from its address."""
    parts = urlsplit(address)
    if not re.fullmatch(r"/[\w-]{16}/lab/tree/00-start\.ipynb", parts.path) or parts.hostname != "127.0.0.1":
        yield f"the address is {address}"
    root = f"{parts.scheme}://{parts.netloc}/"
    contents = f"{root}{parts.path.split('/')[1]}/api/contents"
    for open_ in (contents, f"{contents}?token=known"):
        if _status(open_) != 403:
            yield f"{open_} is open without the token"
    if _status(f"{root}api/contents?{parts.query}") != 404:
        yield "something is served outside of the random path"
    with urllib.request.urlopen(f"{contents}?{parts.query}") as answer:  # noqa: S310 # our own server
        policy, names = (
            answer.headers["Content-Security-Policy"],
            {each["name"] for each in json.load(answer)["content"]},
        )
    if "00-start.ipynb" not in names:
        yield f"another folder is served: {sorted(names)[:5]}"
    if not policy:
        yield "an answer comes without a policy"


def _status(address: str) -> int:
    try:
        with urllib.request.urlopen(address) as answer:  # noqa: S310 # our own server
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _setup(home: Path, draw: random.Random) -> dict[str, str]:
    """Write settings into every place another Jupyter looks in; returns the variables."""
    config, data = home / "config", home / "data"
    for folder in (
        config,
        home / ".jupyter",
        home / ".local" / "etc" / "jupyter",
        home / ".ipython" / "profile_default",
    ):
        folder.mkdir(parents=True)
        for name in (*_SETTINGS, "ipython_kernel_config"):
            (folder / f"{name}.py").write_text(_settings(draw, home))
    kernel = data / "kernels" / "python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text('{"argv": ["false"], "display_name": "Other", "language": "python"}')
    places = (str(config), str(data), str(home / "none"), *WORDS, *SWITCHES)
    chosen = draw.sample(_variables(), k=12)
    drawn = {name: draw.choice(places) for name in chosen}
    return {**drawn, "JUPYTER_CONFIG_PATH": str(config), "JUPYTER_PATH": str(data)}


def _settings(draw: random.Random, home: Path) -> str:
    lines = [f"open({str(home / 'ran')!r}, 'a').close()"]
    lines += [f"c.{owner}.{name} = {draw.choice(values)!r}" for owner, name, values in draw.sample(_options(), k=25)]
    return "\n".join(lines) + "\n"


def _variables() -> list[str]:
    from jupyter_server.gateway.gateway_client import GatewayClient

    gateway = [value for name, value in vars(GatewayClient).items() if name.endswith("_env") and isinstance(value, str)]
    return sorted({*_VARIABLES, *gateway})


def _options() -> list[tuple[str, str, tuple[Any, ...]]]:
    """Every setting there is, as (class, name, values to draw from)."""
    from ipykernel.kernelapp import IPKernelApp
    from jupyter_server.gateway.gateway_client import GatewayClient
    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp
    from traitlets import Bool, Dict, Integer, List, Unicode
    from voila.configuration import VoilaConfiguration

    values: dict[type, tuple[Any, ...]] = {
        Bool: (True, False),
        Integer: (0, 1, 9, 65_535),
        Unicode: WORDS,
        List: ([], ["*"], [".*"]),
        Dict: ({}, {"headers": {"Access-Control-Allow-Origin": "*"}}),
    }
    owners = {LabApp, ServerApp, IPKernelApp, GatewayClient, VoilaConfiguration}
    owners |= {*ServerApp.classes, *LabApp.classes, *IPKernelApp.classes}
    found = []
    for owner in sorted(owners, key=lambda each: each.__name__):
        for name, trait in sorted(owner.class_traits(config=True).items()):
            kind = next((kind for kind in values if isinstance(trait, kind)), None)
            if kind is not None:
                found.append((owner.__name__, name, values[kind]))
    return found


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--started", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    result = run(given.runs, given.seed, given.started)
    print(
        f"{result.runs} setups, each compared in {result.compared} settings, {result.started} of them started; "
        f"{len(result.sentences)} stopped with a sentence, {len(result.faults)} changed something"
    )
    for number, fault in result.faults:
        print(f"--runs 1 --started 1 --seed {number}: {fault}")
    raise SystemExit(bool(result.faults))


if __name__ == "__main__":
    main()

"""Start `workbook open` under settings and variables made for another Jupyter: nothing of what it serves may change.

    python -m tests.soak.foreign_setups --runs 2000 --seed 1

Names are those that JupyterLab, jupyter_server, Voilà and ipykernel have; values are drawn by the kind of each. A run
passes with the same address and the same guards, or with one sentence instead of a server.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.journeys.serving import Lab

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    sentences: list[str] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def run(runs: int, seed: int = 0) -> Result:
    """Start and stop `workbook open` that many times, each under another setup."""
    result = Result()
    for number in range(seed, seed + runs):
        with tempfile.TemporaryDirectory(prefix="setup-", ignore_cleanup_errors=True) as name:
            fault = _one(Path(name), random.Random(number), result)  # noqa: S311 # a repeatable draw, not a secret
        result.runs += 1
        if fault:
            result.faults.append((number, fault))
    return result


def _one(home: Path, draw: random.Random, result: Result) -> str | None:
    """Return what a setup changed; None when nothing."""
    environment = {"HOME": str(home), "USERPROFILE": str(home), **_setup(home, draw)}
    try:
        lab = Lab(home / "Mend", environment=environment)
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


def _changed(lab: Lab, home: Path) -> Iterable[str]:  # type: ignore[misc] # a generator is one
    """Yield each thing that is not as it has to be."""
    address = urlsplit(lab.address)
    if not re.fullmatch(r"/[\w-]{16}/lab/tree/00-start\.ipynb", address.path) or address.hostname != "127.0.0.1":
        yield f"the address is {lab.address}"
    page, contents = lab.page("00-start"), lab.url("api/contents")
    for open_ in (contents.partition("?")[0], f"{contents.partition('?')[0]}?token=known"):
        if _status(open_) != 403:
            yield f"{open_} is open without the token"
    if _status(contents.replace(lab.base, "/")) != 404:
        yield "something is served outside of the random path"
    with urllib.request.urlopen(contents) as answer:  # noqa: S310 # our own server
        names = {each["name"] for each in json.load(answer)["content"]}
    if "00-start.ipynb" not in names:
        yield f"another folder is served: {sorted(names)[:5]}"
    with urllib.request.urlopen(page) as answer:  # noqa: S310 # our own server
        policy, source = answer.headers["Content-Security-Policy"] or "", answer.read().decode()
    if "script-src 'nonce-" not in policy or "default-src 'none'" not in policy:
        yield f"the policy is {policy}"
    if source.count("widget-view+json") < 3 or 'class="mend-sos"' not in source or 'class="trouble"' in source:
        yield "the page has no forms, or no help"
    if (home / "ran").exists():
        yield "code of another Jupyter ran"


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
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    result = run(given.runs, given.seed)
    print(
        f"{result.runs} setups, {len(result.sentences)} stopped with a sentence, {len(result.faults)} changed something"
    )
    for number, fault in result.faults:
        print(f"--runs 1 --seed {number}: {fault}")
    raise SystemExit(bool(result.faults))


if __name__ == "__main__":
    main()

"""What someone set up for another Jupyter, and what a system cleans away, changes nothing of what is served."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.journeys.serving import serving
from tests.journeys.test_journeys import SAVED, state, until
from workbook.journal import Journal

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.serving import Place

FOREIGN = """
c.ServerApp.base_url = "/elsewhere/"
c.ServerApp.allow_origin = "*"
c.ServerApp.disable_check_xsrf = True
c.ServerApp.root_dir = "/"
c.IdentityProvider.token = ""
c.GatewayClient.url = "http://127.0.0.1:9"
c.KernelManager.transport = "tcp"
c.LabApp.default_url = "/doc"
c.VoilaConfiguration.template = "reveal"
c.VoilaConfiguration.show_tracebacks = True
"""


def site(home: Path) -> dict[str, str]:
    """Set up another Jupyter in every place it looks in, with another `python3`; returns its variables."""
    config, data = home / "config", home / "data"
    for folder in (config, home / ".jupyter", home / ".local" / "etc" / "jupyter"):
        folder.mkdir(parents=True)
        for name in ("jupyter_config", "jupyter_server_config", "jupyter_lab_config", "voila"):
            (folder / f"{name}.py").write_text(FOREIGN)
        (folder / "labconfig").mkdir()
        (folder / "labconfig" / "page_config.json").write_text(json.dumps({"disabledExtensions": {"anywidget": True}}))
    kernel = data / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit('another python3')", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Other", "language": "python"}))
    (home / "startup.py").write_text(f"open({str(home / 'ran')!r}, 'a').close()")
    profile = home / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text(f"open({str(home / 'ran')!r}, 'a').close()")
    template = data / "voila" / "templates" / "mend"
    template.mkdir(parents=True)
    (template / "index.html.j2").write_text("Not ours")
    return {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_PATH": str(config),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_GATEWAY_URL": "http://127.0.0.1:9",
        "JUPYTER_PATH": str(data),
        "JUPYTER_DATA_DIR": str(data),
        "JUPYTER_PORT": "1",
        "JUPYTER_TOKEN": "known",
        "JUPYTERLAB_DIR": str(data),
        "JUPYTERHUB_API_URL": "http://127.0.0.1:9",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/someone/",
        "KERNEL_LAUNCH_TIMEOUT": "soon",  # read, and refused, when a library is imported
        "NBFORMAT_VALIDATOR": "another",
        "PYTHONWARNINGS": "error",
        "PYZMQ_BACKEND": "another",
        "PYTHONSTARTUP": str(home / "startup.py"),
    }


def answer(page: Page, address: str, journal: Path) -> None:
    """Open the first chapter and answer its first question; it is in the journal then."""
    page.goto(address)
    form = page.locator('[id="start.privacy"]')
    form.get_by_role("group").first.get_by_text("No", exact=True).click()
    expect(state(form)).to_have_text(SAVED)
    assert kept(journal) == ["no"]


def kept(journal: Path) -> list[object]:
    """Return every answer that a journal holds."""
    with Journal.open(journal) as opened:
        return [each.value for each in opened.store.current()]


def test_another_jupyter_set_up_on_this_computer_changes_nothing(page: Page, place: Place) -> None:
    """The address is the same, the guards stand, our Python runs the page, and another site gets nothing."""
    with serving(place.journal, environment={**place.environment, **site(place.home)}) as lab:
        assert re.fullmatch(r"/[\w-]{16}/lab/tree/00-start\.ipynb", urlsplit(lab.address).path)
        assert lab.token != "known"
        answer(page, lab.page("00-start"), place.journal)
        assert not (place.home / "ran").exists()
        contents = lab.url("api/contents").partition("?")[0]
        elsewhere = page.request.get(contents, headers={"Origin": "http://127.0.0.1:9"})  # with this browser's cookie
        assert (elsewhere.status, elsewhere.headers.get("access-control-allow-origin")) == (404, None)
        assert page.request.get(contents).ok
        assert page.context.browser is not None
        stranger = page.context.browser.new_context()
        assert stranger.request.get(f"{contents}?token=known").status == 403
        stranger.close()


def test_settings_and_variables_drawn_from_every_name_there_is_change_nothing() -> None:
    """Twelve setups of a hundred options each, one of them started; tests/soak/foreign_setups.py draws two thousand."""
    command = [sys.executable, "-m", "tests.soak.foreign_setups", "--runs", "12", "--started", "1", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    said = re.sub(r"compared in \d+ settings", "compared", done.stdout)
    assert said == "12 setups, each compared, 1 of them started; 0 stopped with a sentence, 0 changed something\n", done


def test_a_cleaned_temporary_folder_closes_nothing(page: Page, place: Place) -> None:
    """After some days a system empties its temporary folder: a page that is reloaded opens as before, and saves."""
    with serving(place.journal, environment={**place.environment, "XDG_RUNTIME_DIR": ""}) as lab:
        answer(page, lab.page("00-start"), place.journal)
        # One kernel is behind the page and two wait, each with five sockets: after them none is started by itself.
        until(lambda: len(list(place.temporary.rglob("kernel-*-ipc-*"))), 15)
        for each in place.temporary.iterdir():
            shutil.rmtree(each)
        page.reload()
        form = page.locator('[id="start.privacy"]')
        form.get_by_role("group").first.get_by_text("No", exact=True).click()  # the next one, of what is left
        until(lambda: len(kept(place.journal)), 2)
        page.goto(lab.page("10-responsibility"))
        expect(page.locator(".mend-form").first).to_be_visible()
        page.goto(lab.page("60-review"))  # whose script this browser has not met
        expect(page.locator(".mend-look .mend-panel").first).to_be_visible()
        assert lab.stop() == 0
    assert list(place.journal.glob(".mend/run/*")) == []


def test_the_browser_is_given_an_address_and_no_file(place: Place) -> None:
    """A browser with a temporary folder of its own cannot see a file in ours."""
    seen = place.home / "seen"
    browser = place.home / "browser"
    browser.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> "{seen}"\n')
    browser.chmod(0o700)
    environment = {**place.environment, "BROWSER": str(browser)}
    with serving(place.journal, environment=environment, browser=True) as lab:
        until(lambda: seen.exists() and seen.read_text(), f"{lab.address}\n")

"""Export the notebook that JupyterLab's editor shows from its File menu, and open what came as a person would."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from playwright.sync_api import Error

from tests import engines

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Download, Page


def pick(page: Page, menu: str, *names: str) -> None:
    """Choose from a menu, once it has what is wanted: the list of formats comes after the menu, and not to an open one.

    What JupyterLab does by itself meanwhile, such as taking the focus to a notebook that is drawn, closes menus.
    """
    labels = page.locator(".lm-Menu-itemLabel")
    items = [labels.filter(has_text=re.compile(f"^{name}$")) for name in names]
    end = time.monotonic() + 60
    while time.monotonic() < end:
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        try:
            page.get_by_role("menuitem", name=menu, exact=True).click(timeout=5_000)
            for item in items:
                item.click(timeout=2_000)
        except Error:
            page.wait_for_timeout(300)
        else:
            return
    raise AssertionError(f"{menu} never had {names}")


def exported(page: Page, kind: str, folder: Path) -> Path:
    """Choose File → Save and Export Notebook As → `kind`; return the file that the browser put into `folder`."""
    come: list[Download] = []
    page.context.once("page", lambda opened: opened.once("download", lambda file: come.append(file)))
    page.once("download", lambda file: come.append(file))
    pick(page, "File", "Save and Export Notebook As", kind)
    if kind == "HTML":  # JupyterLab asks whether to leave out what could run
        page.get_by_role("dialog").get_by_role("button", name="Ok").click()
    end = time.monotonic() + 60
    while not come and time.monotonic() < end:
        page.wait_for_timeout(100)
    file = folder / f"{len(list(folder.iterdir()))}-{come[0].suggested_filename}"
    come[0].save_as(file)
    return file


def read_offline(browser: Browser, file: Path) -> str:
    """Open a file with no network, in light and dark; nothing is asked for or found by axe. Returns its words."""
    context = browser.new_context(offline=True, bypass_csp=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert engines.axe_in_both(page) == []
    words = page.locator("body").inner_text()
    assert [one for one in asked if not re.match("file:|data:", one)] == []
    context.close()
    return words

"""What someone sees from the first moment on is ours: never JupyterLab's parts on their way to their places."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import make_journal
from tests.journeys.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

# Each frame that is drawn: whether the cover is over everything, and where the list and the page are.
WATCH = """
if (window === window.top) {
  window.drawn = [];
  const place = (name) => {
    const box = document.querySelector(name)?.getBoundingClientRect();
    return box ? [box.x, box.y, box.width, box.height] : null;
  };
  const look = () => {
    if (document.body) {
      const cover = getComputedStyle(document.body, "::before");
      const covered = cover.content.includes("Your page is opening") && cover.opacity === "1"
        && cover.visibility === "visible" && cover.position === "fixed" && cover.inset === "0px";
      window.drawn.push({ covered, list: place("#filebrowser"), page: place("iframe") });
    }
    requestAnimationFrame(look);
  };
  look();
}
"""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Lab]:
    """A server that nobody has opened before: JupyterLab brings back which pages were open."""
    with serving(make_journal(tmp_path / "journal")) as lab:
        yield lab


def test_until_a_page_is_in_its_place_there_is_a_cover(fresh: Lab, page: Page) -> None:
    """On a slow computer the first frames are covered, then nothing moves any more, and the cover never comes back."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 2})
    page.add_init_script(WATCH)
    page.goto(fresh.address)
    page.frame_locator("iframe").locator(".mend-form").first.wait_for(timeout=60_000)
    page.wait_for_function("!window.drawn.at(-1).covered", timeout=30_000)
    drawn = page.evaluate("window.drawn")
    assert [covered for covered, _ in groupby(drawn, key=lambda one: one["covered"])] == [True, False]
    seen = [one for one in drawn if not one["covered"]]
    assert seen[-1]["list"][:2] == [0, 0]
    assert seen[-1]["page"][0] + seen[-1]["page"][2] == 1280
    assert [one for one in seen if one != seen[-1]] == []
    page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    page.locator("iframe").wait_for(state="detached")
    assert page.evaluate("getComputedStyle(document.body, '::before').opacity") == "0"

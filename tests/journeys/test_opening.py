"""What someone sees from the first moment on is ours: never JupyterLab's parts on their way to their places."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys import filling
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


# Each frame of a page that is drawn: its clothes, and where what is there from the first moment on begins.
STANDS = """
window.stood = [];
const stand = () => {
  const at = (name) => {
    const box = document.querySelector(name)?.getBoundingClientRect();
    return box?.height ? `${Math.round(box.left)}, ${Math.round(box.top)}` : "";
  };
  const body = document.body && getComputedStyle(document.body);
  if (document.querySelector("main .words h1")) {
    const words = document.querySelector("main .words");
    const dress = [body.backgroundColor, getComputedStyle(words.querySelector("h1")).font];
    window.stood.push([...dress, ...["main .words h1", ".mend-fixed", ".mend-contents > :not(button)"].map(at)]);
  }
  requestAnimationFrame(stand);
};
stand();
"""


# Of pictures of a window: which show at their edges, where JupyterLab's menu and its column of icons would stand, what
# is neither one calm colour nor the page as it stays.
STRAYS = """async (frames) => {
  const seen = [];
  for (const frame of frames) {
    const picture = new Image();
    picture.src = `data:image/png;base64,${frame}`;
    await picture.decode();
    const { width, height } = picture;
    const paper = new OffscreenCanvas(width, height).getContext("2d");
    paper.drawImage(picture, 0, 0);
    const edges = [[0, 0, width, 12], [0, 0, 24, height]];
    seen.push(edges.map((each) => new Uint32Array(paper.getImageData(...each).data.buffer)));
  }
  const calm = (edge) => edge.every((dot) => dot === edge[0]);
  const stays = seen.at(-1);
  const same = (edge, at) => edge.length === stays[at].length && edge.every((dot, one) => dot === stays[at][one]);
  return seen.flatMap((edges, at) => (edges.every((edge, side) => calm(edge) || same(edge, side)) ? [] : [at]));
}"""


def film(page: Page) -> list[str]:
    """Return a list in which each picture appears that the browser draws of a page from now on."""
    frames: list[str] = []
    session = page.context.new_cdp_session(page)

    def take(frame: dict[str, Any]) -> None:
        frames.append(frame["data"])
        session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    session.on("Page.screencastFrame", take)
    session.send("Page.startScreencast", {"format": "png", "everyNthFrame": 1})
    return frames


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Lab]:
    """A server that nobody has opened before: JupyterLab brings back which pages were open."""
    with serving(make_journal(tmp_path / "journal")) as lab:
        yield lab


def test_until_a_page_is_in_its_place_there_is_a_cover(fresh: Lab, page: Page) -> None:
    """On a slow computer the first frames are covered, then nothing moves any more, and the cover never comes back."""
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 2})
    page.add_init_script(WATCH)
    pictures = film(page)
    page.goto(fresh.address)
    page.frame_locator("iframe").locator(".mend-form").first.wait_for(timeout=60_000)
    page.wait_for_function("!window.drawn.at(-1).covered", timeout=30_000)
    drawn = page.evaluate("window.drawn")
    assert [covered for covered, _ in groupby(drawn, key=lambda one: one["covered"])] == [True, False]
    seen = [one for one in drawn if not one["covered"]]
    assert seen[-1]["list"][:2] == [0, 0]
    assert seen[-1]["page"][0] + seen[-1]["page"][2] == 1280
    assert [one for one in seen if one != seen[-1]] == []
    assert len(pictures) > 5
    assert page.context.new_page().evaluate(STRAYS, pictures) == []
    page.evaluate("window.jupyterapp.shell.currentWidget.close()")
    page.locator("iframe").wait_for(state="detached")
    assert page.evaluate("getComputedStyle(document.body, '::before').opacity") == "0"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (360, 740)])
def test_what_is_read_first_stays_in_its_place(lab: Lab, page: Page, width: int, height: int) -> None:
    """On a slow computer a chapter is dressed when it is first seen; its title, help and the list never move after."""
    page.set_viewport_size({"width": width, "height": height})
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 2})
    page.add_init_script(STANDS)
    page.goto(lab.page("10-responsibility"))
    filling.settle(page)
    stood = page.evaluate("window.stood")
    assert len(stood) > 10
    assert [one for one, _ in groupby(stood)] == [stood[-1]]

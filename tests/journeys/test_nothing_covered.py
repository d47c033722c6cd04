"""Whatever has the focus is seen whole: on a phone on its side, magnified two and four times, while trouble is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests import engines
from tests.journeys import filling
from tests.journeys.test_faults import LOST, Wire, wire
from tests.journeys.test_journeys import state

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

__all__ = ["wire"]

WINDOWS = {
    "a phone on its side": (640, 360),
    "magnified twice": (640, 512),
    "magnified four times": (320, 256),
    "a phone": (360, 740),
    "a screen": (1280, 900),
}
# What has the focus, whatever of the page's own lies over it or at the window's edge, and how much of it.
COVERED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const box = (it.closest(".mend-card") ?? it).getBoundingClientRect();
  const name = (one) => `${one.localName}.${one.className} ${(one.textContent || one.value).trim().slice(0, 40)}`;
  const found = [];
  if (box.top < -1 || box.bottom > innerHeight + 1) found.push(`${Math.round(box.top)}..${Math.round(box.bottom)}`);
  if (box.left < -1 || box.right > innerWidth + 1) found.push("beside the window");
  const above = it.closest(".mend-fixed, .skip"); // they lie over all else
  for (const over of above ? [] : document.querySelectorAll(".mend-fixed > button, .mend-foot, .mend-contents")) {
    const { position } = getComputedStyle(over.closest(".mend-fixed") ?? over);
    if (!["fixed", "sticky"].includes(position) || over.contains(it) || !over.checkVisibility()) continue;
    const other = over.getBoundingClientRect();
    const wide = Math.min(box.right, other.right) - Math.max(box.left, other.left);
    const high = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
    if (wide > 1 && high > 1) found.push(`${name(over)} over ${Math.round(wide)} × ${Math.round(high)}`);
  }
  return { it: `${name(it)} ${Math.round(box.width)} × ${Math.round(box.height)}`, found };
}"""
# The bar that says what was saved, where it stays in sight in a form that fills the window, and what lies over it.
BAR = """() => [...document.querySelectorAll(".mend-foot")].flatMap((bar) => {
  const [box, form] = [bar, bar.parentElement].map((one) => one.getBoundingClientRect());
  if (getComputedStyle(bar).position !== "sticky" || form.top > 0 || form.bottom < innerHeight) return [];
  return [...document.querySelectorAll(".mend-fixed > button")].map((each) => each.getBoundingClientRect())
    .filter((other) => Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1
      && Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top) > 1)
    .map((other) => `help at ${Math.round(other.top)} over the bar at ${Math.round(box.top)}`);
})"""


def covered(page: Page) -> list[str]:
    """Go through everything with Tab, and back in low windows; say what is not seen whole, and what is too wide."""
    found = []
    for name, (width, height) in WINDOWS.items():
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth") - width
        found += [f"{name}: {wider} px wider than the window"] if wider > 0 else []
        for key in ("Tab", "Shift+Tab") if height < 400 else ("Tab",):
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            if key == "Tab":
                page.locator("a.skip").focus()
            found += [f"{name}, {key}: {one}" for one in _tabbed(page, key)]
    return found


def _tabbed(page: Page, key: str) -> list[str]:
    found = []
    for at in range(400):
        page.keyboard.press(key)
        seen: dict[str, Any] | None = page.evaluate(COVERED)
        if seen is None and at:
            return found  # once round
        if seen is not None:
            found += [f"{seen['it']}: {one}" for one in [*seen["found"], *page.evaluate(BAR)]]
    raise AssertionError("Tab never came round.")


@pytest.mark.parametrize("notebook", ["00-start", "01-every", "70-share"])
def test_nothing_lies_over_what_has_the_focus(lab: Lab, page: Page, notebook: str) -> None:
    """Help, the way out and the bar with “Saved” leave it free, and no page is wider than its window."""
    page.goto(lab.page(notebook))
    if notebook == "01-every":
        filling.every_kind(page)
    else:
        filling.settle(page)
    assert covered(page) == []


def test_what_went_wrong_is_said_beside_what_has_the_focus(lab: Lab, page: Page, wire: Wire) -> None:
    """While the connection is lost the bar that says so stays in sight, and still nothing lies over an answer."""
    page.goto(lab.page("01-every").replace(urlsplit(lab.address).netloc, wire.address))
    form = filling.every_kind(page)
    form.get_by_label(filling.NAME).fill("Before it was lost")
    wire.cut()
    form.get_by_label(filling.NAME).fill("After it was lost")
    expect(state(form)).to_have_text(LOST)
    assert engines.faults(page) == []
    assert covered(page) == []
    for width, height in WINDOWS.values():
        page.set_viewport_size({"width": width, "height": height})
        form.get_by_role("radio").first.focus()
        expect(state(form)).to_be_in_viewport()

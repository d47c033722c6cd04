"""In the system's own colours whatever has the focus has a ring, and for who asked for less motion nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys import filling

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.journeys.serving import Lab

# What has the focus, whether it or the card around it has a ring, and what moves meanwhile.
RING = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const ringed = [it, it.closest(".mend-card, label")].some((each) => {
    const { outlineStyle, outlineWidth, outlineColor } = each ? getComputedStyle(each) : {};
    return each && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && outlineColor !== "rgba(0, 0, 0, 0)";
  });
  const moving = document.getAnimations().filter((each) => each.playState === "running").length;
  return [ringed, moving, `${it.localName}.${it.className} ${it.textContent.trim().slice(0, 40)}`];
}"""


@pytest.mark.parametrize("notebook", ["00-start", "01-every"])
def test_every_focus_has_a_ring_and_nothing_moves(lab: Lab, browser: Browser, notebook: str) -> None:
    """Tab through all of a page: in these colours a ring is all that says where someone is."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, forced_colors="active", reduced_motion="reduce", locale="en-GB"
    )
    page = context.new_page()
    page.goto(lab.page(notebook))
    if notebook == "01-every":
        filling.every_kind(page)
    else:
        filling.settle(page)
    page.locator("a.skip").focus()
    found, at = [], 0
    while (seen := page.evaluate(RING)) is not None:
        at += 1
        assert at < 400
        found += [seen] if seen[:2] != [True, 0] else []
        page.keyboard.press("Tab")
    assert at > 15
    assert found == []
    context.close()

"""No violation that axe knows, of any impact, on any chapter, light or dark, wide or narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys import filling
from workbook import definition

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.serving import Lab

CHAPTERS = [chapter.notebook for chapter in definition.load().chapters]
NAMES = """all => all.map((group) => {
  const ids = group.getAttribute("aria-labelledby")?.split(" ") ?? [group.querySelector("legend").id];
  return ids.map((id) => document.getElementById(id).textContent).join(" ");
})"""
SIZES = {"wide": (1280, 900), "tablet": (800, 1100), "narrow": (360, 740)}


@pytest.mark.parametrize("notebook", CHAPTERS)
def test_a_chapter_has_no_violation(lab: Lab, page: Page, notebook: str) -> None:
    """Contrast, names, landmarks, order: in each look; nothing is wider than the page or taller than one
    that asks one thing at a time, no two groups share a name.
    """
    page.goto(lab.page(notebook))
    filling.settle(page)
    found = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type] # the two names it knows
            page.wait_for_timeout(300)
            for violation in Axe().run(page).response["violations"]:
                found += [
                    f"{size} {scheme} {violation['id']} ({violation['impact']}): {node['target']} {node['html'][:120]}"
                    for node in violation["nodes"]
                ]
        found += filling.too_tall(page, width)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wider > 0:
            found.append(f"{size}: {wider} px wider than the window")
    assert found == []
    assert page.locator("h1").count() == 1
    names = page.locator("fieldset").evaluate_all(NAMES)
    assert sorted(names) == sorted(set(names))  # axe does not ask for it; whoever hears one group after another does

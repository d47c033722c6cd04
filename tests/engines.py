"""What two engines that look for barriers find in a page: axe, and IBM's, which asks for other things."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

IBM = Path(__file__).parent.parent / "node_modules" / "accessibility-checker-engine" / "ace.js"
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (1280, "light"), (1280, "dark"), (800, "light"), (800, "dark"), (360, "light"), (360, "dark"),
)  # fmt: skip
# A wide table that scrolls is reached by Tab, as axe demands: the second engine would not have it.
# Returns "rule: what it says: where: the element", for each FAIL of a rule that counts as a violation.
ASK = """async (within) => {
  const root = within ? document.querySelector(within) : document;
  const { results } = await new ace.Checker().check(root, ["IBM_Accessibility"]);
  const scrolls = (one) => one.ruleId === "element_tabbable_role_valid" && one.snippet.includes('role="region"');
  return results.filter((one) => one.value[0] === "VIOLATION" && one.value[1] === "FAIL" && !scrolls(one))
    .map((one) => `${one.ruleId}: ${one.message}: ${one.path.dom}: ${one.snippet.slice(0, 160)}`);
}"""

SETTLED = "new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn, 250)))"  # colours fade for a moment


def axe(page: Page, within: str | None = None) -> list[str]:
    """Return what axe finds, of any impact, in a page or in the element that a selector names."""
    found = Axe().run(page, within).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]


def axe_in_both(page: Page, within: str | None = None) -> list[str]:
    """Return what axe finds in the window as it is, light and dark. Leaves the page light."""
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the two names it knows
        page.evaluate(SETTLED)
        found += [f"{scheme} {one}" for one in axe(page, within)]
    return found


def ibm(page: Page, within: str | None = None) -> list[str]:
    """Return each FAIL of IBM's engine. Without the engine: nothing here, a failure in CI (`npm install`)."""
    if not IBM.exists():
        if os.environ.get("CI"):
            pytest.fail("accessibility-checker-engine is not installed, and CI needs it.")
        return []
    if not page.evaluate("typeof ace === 'object'"):
        page.evaluate(IBM.read_text("utf-8"))
    found: list[str] = page.evaluate(ASK, within)
    return found


def faults(page: Page, within: str | None = None) -> list[str]:
    """Return what both find in each look: light and dark, at three widths; and whether anything is wider than that.

    Leaves the window as it was; IBM's engine is asked where the layout differs most, as it is slow.
    """
    before = page.viewport_size
    found = []
    for width, scheme in _looks(page):
        said = axe(page, within)
        if (width, scheme) in ((1280, "light"), (360, "dark")):
            said += ibm(page, within)
        wider = page.evaluate("document.documentElement.scrollWidth") - width
        said += [f"{wider} px wider than the window"] if wider > 0 else []
        found += [f"{width} {scheme} {one}" for one in said]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    if before:
        page.set_viewport_size(before)
    return found


def _looks(page: Page) -> Iterator[tuple[int, str]]:
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(SETTLED)
        yield width, scheme

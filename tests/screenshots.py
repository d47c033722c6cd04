"""Take a picture of every chapter, light, dark and narrow: `python -m tests.screenshots`.

They go to `screenshots/`, which git ignores. Those of the documentation are made by `python -m tests.pictures`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests import safe_answers
from tests.conftest import ARGUMENTS
from tests.journeys.serving import serving
from workbook import definition
from workbook.journal import Journal

ROOT = Path(__file__).parents[1]
LOOKS = {
    "light": ("light", 1280, 900),
    "dark": ("dark", 1280, 900),
    "narrow": ("light", 360, 740),
}


def main() -> None:
    """Start JupyterLab on a journal made for this, and look at each page."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("Install Chromium first.")
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        journal = Path(temporary, "journal")
        with Journal.create(journal) as made:
            safe_answers.answer_safely(made.save)
        with serving(journal) as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
            for chapter in definition.load().chapters:
                page.goto(lab.page(chapter.notebook))
                _wait(page)
                for look, (scheme, width, height) in LOOKS.items():
                    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # the two names it knows
                    page.set_viewport_size({"width": width, "height": height})
                    page.wait_for_timeout(300)
                    path = folder / f"{chapter.notebook}-{look}.png"
                    tall = page.evaluate("document.documentElement.scrollHeight")
                    page.set_viewport_size({"width": width, "height": tall})  # nothing sticks in the middle
                    page.screenshot(path=path)
                    print(path.relative_to(ROOT))
            browser.close()


def _wait(page: Page) -> None:
    page.locator(".mend-chapter").first.wait_for()
    expect(page.locator(".mend-form .mend-wait:visible")).to_have_count(0)
    page.wait_for_timeout(500)


if __name__ == "__main__":
    main()

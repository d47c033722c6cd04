"""Write the golden report of the invented example and its screenshots: python -m tests.golden.make."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

HERE = Path(__file__).parent

QUIET = [  # Chromium asks nobody anything
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

PICTURES = {  # name → page, colours, width, top of the part that is shown
    "report-light.png": ("report.html", "light", 900, 0),
    "report-dark.png": ("report.html", "dark", 900, 900),
    "report-phone.png": ("report.html", "light", 360, 0),
    "summary.png": ("summary.html", "light", 900, 0),
}


def main() -> None:
    """Write everything again; look at the difference before you commit it."""
    from playwright.sync_api import sync_playwright

    from workbook import example
    from workbook.journal import Journal

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal.create(Path(folder, "journal"), now=lambda: example.ENDS)
        example.fill(journal)
        journal.report(HERE / "report.html")
        summary = journal.report(Path(folder, "summary.html"), summary=True)
        journal.close()
        (HERE / "report.html").chmod(0o644)
        with sync_playwright() as playwright:
            found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
            browser = playwright.chromium.launch(executable_path=found, args=QUIET)
            for name, (source, scheme, width, top) in PICTURES.items():
                page = browser.new_page(viewport={"width": width, "height": 1400}, color_scheme=scheme)
                page.goto((summary if source == "summary.html" else HERE / source).as_uri())
                page.evaluate(f"scrollTo(0, {top})")
                page.screenshot(path=HERE / name)
            browser.close()


if __name__ == "__main__":
    main()

"""Where someone is: guessed by the page from its clock, kept without a word, and never in the way of a choice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from workbook.errors import JournalError
from workbook.page import assets, head
from workbook.safety import helplines

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CASES = [
    ("Europe/London", ["en-US"], "GB-IE"),
    ("Europe/Dublin", ["en-US"], "GB-IE"),
    ("Australia/Perth", ["en-GB"], "AU"),
    ("America/Toronto", ["en-US"], "CA"),
    ("America/Indiana/Knox", ["es"], "US"),
    ("Asia/Taipei", ["en"], "TW"),
    ("Asia/Hong_Kong", ["zh-CN"], "HK"),
    ("Europe/Berlin", ["en-US", "de"], "elsewhere"),  # the language is no place
    ("UTC", ["en-GB"], "GB-IE"),
    ("", ["zh-Hant"], "TW"),
    ("", ["fr"], "elsewhere"),
]


def test_the_clock_says_more_of_a_place_than_the_language(browser: Browser) -> None:
    """The page guesses by time zone first; by language only where the zone names no place."""
    source = assets.script("help.js").read_text(encoding="utf-8")
    start = source.index("const SPECIAL"), source.index("/** This window")
    functions = re.sub(r"^export ", "", source[slice(*start)], flags=re.M)
    zones = {code: list(helplines.zones(code)) for code in helplines.regions()}
    page = browser.new_page()
    found = page.evaluate(
        f"([cases, zones]) => {{ {functions} return cases.map(([zone, languages]) =>"
        " guess(languages, Object.keys(zones), zone, zones)); }",
        [[case[:2] for case in CASES], zones],
    )
    page.close()
    assert found == [region for _, _, region in CASES]


@pytest.mark.parametrize("guessed", [True, False])
def test_a_guess_that_cannot_be_kept_is_no_trouble_a_choice_is(guessed: bool) -> None:
    """A journal that takes nothing makes no page fail over a guess nobody made; what someone chose is answered."""
    kept: list[str] = []

    def remember(region: str) -> None:
        kept.append(region)
        raise JournalError("This journal takes nothing now.")

    def read() -> dict[str, object]:
        raise AssertionError("nothing is read for this")

    said: list[dict[str, object]] = []
    top = head.Head(head.payload(None, None), read=read, remember=remember, unlock=lambda _: None)
    top.send = said.append  # type: ignore[method-assign,assignment]  # what would go to the page
    top._receive(None, {"type": "region", "region": "AU", "guessed": guessed}, [])
    assert kept == ["AU"]
    assert said == ([] if guessed else [{"type": "failed", "reason": "This journal takes nothing now."}])

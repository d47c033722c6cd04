"""A browser page that remembers every text that was drawn, and what of it stood outside the brackets."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from tests.made_up import KEYS, NAMES, outside
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

# Every text that is drawn, and every attribute that is read or shown to someone, at any time.
SEEN = """
window.seen = new Set();
const read = () => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walk.currentNode; node; node = walk.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      const parent = node.parentElement;
      if (parent.matches("script, style")) continue;
      const around = parent.closest(":not(em, strong, a, b)"); // a sentence may have words in italics
      const parted = around.matches("p, li") && !around.closest(".mend-lines") && around.querySelector("em, strong, a");
      window.seen.add(parted ? around.textContent : node.data.trim());
    } else {
      for (const name of ["aria-label", "title", "placeholder", "alt", "label", "aria-description", "aria-valuetext"]) {
        if (node.hasAttribute(name)) window.seen.add(node.getAttribute(name));
      }
    }
  }
};
addEventListener("DOMContentLoaded", () => {
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(read).observe(document.body, all);
  read();
});
"""
WHO = ["A.", "Dr. Example", "Hello.", "Thank you.", "I left."]
FILES = r"[^\s⟦⟧]+\.(submission|assignment|feedback|html|json|ics)\b"
UNITS = ["kB", "MB"]


@contextlib.contextmanager
def watching(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's context in which each page remembers; its days have no Latin letter either."""
    context = browser.new_context(locale="ja-JP", accept_downloads=True, reduced_motion="reduce")
    context.add_init_script(SEEN)
    yield context
    context.close()


def left(page: Page, *names: str) -> list[str]:
    """Return the words that stood outside the brackets at any time since the page was opened."""
    texts: list[str] = page.evaluate("[...window.seen]")
    assert len(texts) > 5  # something was seen
    found = (outside(re.sub(FILES, "", text), *names, *NAMES, *KEYS, *WHO, *UNITS) for text in texts)
    return sorted({word for words in found for word in words})


def press(page: Page | Locator, path: str, at: int = 0, **values: object) -> None:
    page.get_by_role("button", name=say(path, **values), exact=True).nth(at).click()


def unfold(page: Page) -> None:
    """Open all that is folded."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")

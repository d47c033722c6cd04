"""A new kind of item needs, besides its row, one control in the page's table of kinds."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import form_page
from tests.clock import Clock
from tests.test_kinds import FILE, TALLY
from workbook import definition
from workbook.definition import kinds
from workbook.journal import Journal
from workbook.page import assets

ROW = """
  tally: {
    control: (item, tools) => {
      const field = h("input", { type: "range", min: 0, max: item.most, "aria-describedby": tools.describe,
        oninput: () => tools.change(Number(field.value)) });
      const show = (value) => { field.value = String(value ?? 0); };
      return { node: field, target: field, show, focus: () => field.focus() };
    },
    reading: (_item, value) => "|".repeat(value),
  },
"""


def with_row(name: str) -> str:
    """Return a script of the page, the table of kinds with one row more."""
    text = assets.script(name).read_text(encoding="utf-8")
    table = "export const KINDS = {"
    assert (table in text) == (name == "kinds.js")
    return text.replace(table, table + ROW)


def test_a_new_kind_is_answered_in_the_page_and_found_in_the_journal(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row in Python, one in the page: it is moved, saved, counted, decides what else is asked, and comes back."""
    monkeypatch.setitem(kinds.KINDS, "tally", TALLY)
    monkeypatch.setitem(form_page._FILES, "form.js", (assets.join("step.js", with_row), "text/javascript"))
    (tmp_path / "strokes.yaml").write_text(FILE, encoding="utf-8")
    context = browser.new_context()
    with Journal.create(tmp_path / "journal", now=Clock()) as journal:
        journal.install(definition.load(tmp_path / "strokes.yaml"))
        form = journal.exercise("strokes.day")
        desk: Any = SimpleNamespace(save=form._save, read=form._read)
        page = form_page.open_form(context, desk, dict(form.exercise))
        expect(page.get_by_label("What helped?")).to_be_hidden()
        page.get_by_label("How many slips?").fill("4")
        page.get_by_label("What helped?").fill("A walk.")
        expect(page.locator(".mend-progress")).to_have_text("2 of 2 answered")
        expect(page.locator(".mend-form")).to_have_attribute("data-state", "saved")
        kept = {item: response.value for (item, _), response in journal.responses().items()}
        assert kept == {"strokes.day.slips": 4, "strokes.day.more": "A walk."}
        again = form_page.open_form(context, desk, dict(form.exercise))
        expect(again.get_by_label("How many slips?")).to_have_value("4")
    context.close()

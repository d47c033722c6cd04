"""Answers as a workbook for a spreadsheet: a sheet for each exercise, a row for each occasion, and a codebook."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from workbook import words
from workbook.answers import occasions
from workbook.definition import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

    from workbook.definition.items import Item
    from workbook.definition.models import Exercise, Workbook

_LONGEST = 32_767  # characters a cell may hold
_WIDTHS = {"when": 18, "number": 12, "text": 42}  # of columns, in characters
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what a sheet's XML cannot hold


def write(
    workbook: Workbook,
    answers: pd.DataFrame,
    times: Mapping[tuple[str, str], datetime],
    codebook: pd.DataFrame,
    path: Path,
) -> None:
    """Write current answers (`frame.COLUMNS`) to an .xlsx file, with their times on the person's own clock.

    `times`: when each (item, occasion) was answered, aware. A question on a scale gets two columns: the number, and the
    words. Numbers, days and times are cells of their kind; a text is never taken for a formula, whatever it begins
    with. A text that is longer than a cell can be ends in a line that says so.
    """
    from openpyxl import Workbook as Sheets

    sheets = Sheets()
    sheets.remove(sheets.worksheets[0])
    taken: set[str] = set()
    held = {
        (str(row.item), str(row.occasion)): row
        for row in answers.itertuples()  # one for each item and occasion
    }
    for exercise in workbook.exercises:
        found = [str(one) for one in answers["occasion"].cat.categories if _has(held, exercise, str(one))]
        if found:
            sheet = sheets.create_sheet(_title(exercise.title, taken))
            _fill(sheet, exercise, found, held, times)
    sheet = sheets.create_sheet(_title(words.say("assessment.spreadsheet.codebook"), taken))
    _line(sheet, list(codebook.columns))
    for row in codebook.itertuples(index=False):
        _line(sheet, list(row))
    _dress(sheet, ["text"] * len(codebook.columns), "B2")
    sheets.save(path)


def _has(held: Mapping[tuple[str, str], Any], exercise: Exercise, occasion: str) -> bool:
    return any((item.id, occasion) in held for item in exercise.items)


def _fill(
    sheet: Worksheet,
    exercise: Exercise,
    found: Sequence[str],
    held: Mapping[tuple[str, str], Any],
    times: Mapping[tuple[str, str], datetime],
) -> None:
    items = [item for item in exercise.items if any((item.id, occasion) in held for occasion in found)]
    once = exercise.repeats == "once" and list(found) == ["once"]
    head = [] if once else [words.say("assessment.spreadsheet.occasion")]
    head.append(words.say("assessment.spreadsheet.answered"))
    shapes = ["when"] * len(head)
    for item in items:
        for column in kinds.of(item).columns:
            in_words = column == "words"
            head.append(words.say("assessment.spreadsheet.in_words", prompt=item.prompt) if in_words else item.prompt)
            shapes.append("text" if in_words else column)
    _line(sheet, head)
    for occasion in found:
        at = [times[place].replace(tzinfo=None) for item in items if (place := (item.id, occasion)) in times]
        cells: list[object] = [] if once else [_day(occasion)]
        cells.append(max(at, default=None))
        for item in items:
            cells += _cells(item, held.get((item.id, occasion)))
        _line(sheet, cells)
    _dress(sheet, shapes, "B2" if once else "C2")


def _day(occasion: str) -> object:
    """A day as one; a second filling of a day with its number, and what was asked once in words."""
    if occasion == "once":
        return words.say("assessment.report.once")
    try:
        return date.fromisoformat(occasion)
    except ValueError:
        day, number = occasions.order(occasion)
        return f"{day} ({number})" if number > 1 else occasion


def _cells(item: Item, row: Any) -> list[object]:
    """The cells of one answer; a refusal stands in the last of them."""
    kind = kinds.of(item)
    if row is None:
        return [None] * len(kind.columns)
    if row.value is None:
        return [*[None] * (len(kind.columns) - 1), row.label]
    return kind.sheet(item, row.value, row.label)


def _line(sheet: Worksheet, values: Iterable[object]) -> None:
    """Add a row in which every text is a text."""
    row = sheet.max_row + 1 if sheet.max_row > 1 or sheet.cell(1, 1).value is not None else 1
    for column, value in enumerate(values, 1):
        cell: Any = sheet.cell(row, column)
        if isinstance(value, str):
            _text(cell, value)
        else:
            cell.value = value
            if isinstance(value, datetime):
                cell.number_format = "yyyy-mm-dd hh:mm"
            elif isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"


def _text(cell: Any, value: str) -> None:
    value = _CONTROL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    if len(value) > _LONGEST:
        rest = "\n" + words.say("assessment.spreadsheet.longer")
        value = value[: _LONGEST - len(rest)] + rest
    cell.value = value
    cell.data_type = "s"  # a text that begins with “=” would be a formula
    cell.quotePrefix = True  # and stays a text when someone edits it


def _dress(sheet: Worksheet, shapes: Sequence[str], corner: str) -> None:
    """Let a sheet be readable at once: a header that stays, columns as wide as their kind, lines that wrap."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = corner
    for number, shape in enumerate(shapes, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS[shape]
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    for cell in sheet[1]:
        cell.font = Font(bold=True)


def _title(wanted: str, taken: set[str]) -> str:
    """A sheet's name: at most 31 characters, none that is not allowed, and no other sheet's."""
    plain = re.sub(r"[\\/*?:\[\]]", " ", wanted).strip("' ")
    name, number = plain[:31].strip(), 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain[:27].strip()} {number}"
    taken.add(name.casefold())
    return name

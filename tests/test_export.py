"""An export comes back as it went out, and no cell of it runs in a spreadsheet."""

from __future__ import annotations

import csv
import re
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook import definition, example, words
from workbook.assessment import export, frame, spreadsheet
from workbook.definition import models
from workbook.errors import WorkbookError
from workbook.journal import Journal

HOSTILE = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",  # a wide equals sign
    "'=1",
    "<script>alert(1)</script>",
    'a "quoted", cell\nof two lines',
    "\u202eright to left",
    "🌧️🌈",
    "",
)


def told(workbook: models.Workbook, table: pd.DataFrame) -> frame.Told:
    """As much of a journal as an export reads."""
    rows = zip(table["item"], table["occasion"], table["answered_at"], strict=True)
    standing: Any = None  # an export asks nothing of it
    return frame.Told(workbook, table, {(item, occasion): at for item, occasion, at in rows}, standing)


def texts(*values: object) -> frame.Told:
    rows = [
        {
            "chapter": "space",
            "exercise": "space.take",
            "occasion": f"2026-03-{number + 1:02}",
            "item": "space.take.line",
            "kind": "text",
            "prompt": "What do I take from this chapter?",
            "value": value,
            "label": str(value),
            "score": 2.0 if number % 2 else float("nan"),
            "status": "answered",
            "share": "private" if number == 1 else "ask",
            "answered_at": pd.Timestamp("2026-03-01T12:00:00.123456Z"),
        }
        for number, value in enumerate(values)
    ]
    table = pd.DataFrame(rows, columns=list(frame.COLUMNS)).astype(frame.COLUMNS)
    return told(definition.load(), table)


@pytest.fixture(scope="module")
def robin(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    journal = Journal.create(tmp_path_factory.mktemp("example") / "journal", now=lambda: example.ENDS)
    example.fill(journal)
    return journal


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_a_whole_journal_comes_back(robin: Journal, tmp_path: Path, ending: str) -> None:
    """Every row, value, label, score and time of the example survives each format."""
    path, _ = export.write(robin.told(), tmp_path / f"answers.{ending}")
    back, sent = export.read(path), robin.answers()
    assert list(back.columns) == [*frame.COLUMNS, "answered_here"]
    for name in frame.COLUMNS:
        assert back[name].equals(sent[name]) or back[name].tolist() == sent[name].tolist(), name


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_hostile_words_come_back_as_words(tmp_path: Path, ending: str) -> None:
    """Formulas, markup, marks and emoji survive each format as the text they are."""
    journal = texts(*HOSTILE, "x" * 1_000_000, ["a", "=b"], {"part": "=c"}, None, 7)
    path, _ = export.write(journal, tmp_path / f"answers.{ending}")
    back = export.read(path)
    assert back["value"].tolist() == journal.answers["value"].tolist()
    assert back["label"].tolist() == journal.answers["label"].tolist()


def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    """Read as a spreadsheet reads it, no cell begins with what starts a formula, in answers and codebook."""
    for path in export.write(texts(*HOSTILE, "\0=1"), tmp_path / "answers.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(export.FORMULA) or "\0" in cell]
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_each_row_has_its_time_by_the_persons_own_clock(tmp_path: Path) -> None:
    """Beside UTC stands the time the person had, wherever they were when they wrote."""
    clock = Clock(datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=14))))
    with Journal.create(tmp_path / "Mend", now=clock) as journal:
        journal.save("start.privacy.shared_device", "no")
        clock.time = datetime(2026, 3, 3, 7, 0, tzinfo=timezone(timedelta(hours=-10)))
        path, _ = export.write(journal.told(), tmp_path / "answers.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["answered_at"], row["answered_here"]) for row in csv.DictReader(file)]
    assert rows == [("2026-03-02T10:30:00+00:00", "2026-03-03T00:30:00+14:00")]


def test_private_answers_can_stay_behind(tmp_path: Path) -> None:
    """With private=False a private answer is not in the file at all."""
    path, _ = export.write(texts("open", "secret words"), tmp_path / "answers.json", private=False)
    assert "secret words" not in path.read_text("utf-8")
    assert export.read(path)["value"].tolist() == ["open"]


def test_the_codebook_explains_every_item(robin: Journal, tmp_path: Path) -> None:
    """Each item that can be answered has a row: its words, its values, its range, its scales, who may see it."""
    _, beside = export.write(robin.told(), tmp_path / "answers.csv")
    assert beside.name == "answers-codebook.csv"
    book = export.codebook(robin.workbook).set_index("item")
    assert set(robin.answers()["item"]) <= set(book.index)
    assert book.loc["space.rating.boundary"].to_dict() == {
        "chapter": "space",
        "exercise": "space.rating",
        "kind": "scale",
        "prompt": robin.workbook.item("space.rating.boundary").prompt,
        "values": "0 = never; 1 = seldom; 2 = sometimes; 3 = often; 4 = almost always; no_opportunity = no opportunity",
        "lowest": "0",
        "highest": "4",
        "share": robin.workbook.exercise("space.rating").share,
        "repeats": "weekly",
        "scales": "space",
        "retired": "",
        "source": "Own items (S)",
    }


def test_what_a_codebook_says_besides_codes_is_in_the_language(robin: Journal) -> None:
    """That a scale turns an answer round, and that a question is no longer asked, are words."""
    scale = robin.workbook.scale("space").model_copy(update={"reverse": ("space.rating.boundary",)})
    chapters = [
        chapter.model_copy(update={"scales": (scale,)}) if chapter.id == "space" else chapter
        for chapter in robin.workbook.chapters
    ]
    turned = robin.workbook.model_copy(update={"chapters": tuple(chapters)})
    said = {"assessment.export.reversed": "⟦{scale}⟧", "assessment.export.retired": "⟦⟧"}
    with words.spoken(words.Language("ja", {**words.load().sentences, **said})):
        book = export.codebook(turned).set_index("item")
    assert book.loc["space.rating.boundary", "scales"] == "⟦space⟧"
    assert book.loc["improvement.checkin.commitment", "retired"] == "⟦⟧"


def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """Nobody else on the computer may read an export."""
    for path in export.write(texts("words"), tmp_path / "answers.csv"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_wrong_ending_and_a_missing_folder_are_said_in_a_sentence(tmp_path: Path) -> None:
    """What went wrong and what to do; nothing is left half-written."""
    with pytest.raises(WorkbookError, match=r"End it in one of: \.csv, \.json, \.parquet"):
        export.write(texts("words"), tmp_path / "answers.xls")
    with pytest.raises(WorkbookError, match="could not be written"):
        export.write(texts("words"), tmp_path / "missing" / "answers.csv")
    assert list(tmp_path.iterdir()) == []


def test_it_says_how_far_it_is(tmp_path: Path) -> None:
    """Progress goes from nothing to done."""
    said: list[tuple[int, int, str]] = []
    export.write(texts("words"), tmp_path / "answers.csv", progress=lambda *step: said.append(step))
    assert [step[0] for step in said] == [0, 1, 2, 3]


def local(text: str) -> datetime:
    """A sheet's times know no zone: they are the person's own."""
    return datetime.fromisoformat(text)


def sheets(path: Path) -> dict[str, list[list[object]]]:
    return {
        sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()]
        for sheet in openpyxl.load_workbook(path).worksheets
    }


def test_a_spreadsheet_has_a_sheet_for_each_exercise_and_a_row_for_each_occasion(tmp_path: Path) -> None:
    """A person reads it as it opens: questions as the header, their own time, numbers that can be added up."""
    clock = Clock(datetime(2026, 3, 2, 23, 30, tzinfo=timezone(timedelta(hours=9))))
    with Journal.create(tmp_path / "Mend", now=clock) as journal:
        answer_safely(journal.save)
        exercise = journal.workbook.exercise("improvement.rating")
        planned, cue = exercise.questions[:2]
        journal.save(planned.id, 3)
        journal.save(cue.id, "no_opportunity")
        clock.forward(days=7)
        journal.save(planned.id, 4)
        written = export.write(journal.told(), tmp_path / "answers.xlsx")
    assert written == (tmp_path / "answers.xlsx",)
    found = sheets(written[0])
    title = exercise.title[:31]
    assert found[title] == [
        [
            "When",
            "Answered (your time)",
            planned.prompt,
            f"{planned.prompt} (in words)",
            cue.prompt,
            f"{cue.prompt} (in words)",
        ],
        [
            local("2026-03-02"),
            local("2026-03-02 23:30"),
            3,
            planned.points[3],
            None,
            cue.no_opportunity,
        ],
        [local("2026-03-09"), local("2026-03-09 23:30"), 4, planned.points[4], None, None],
    ]
    assert list(found)[-1] == "Codebook"
    assert found["Codebook"][0] == list(export.CODEBOOK)
    assert [
        sheet.freeze_panes for sheet in openpyxl.load_workbook(written[0]).worksheets if sheet.title == title[:31]
    ] == ["C2"]


@pytest.mark.parametrize("words", [*HOSTILE, "\x00\x0b\x1f", '=HYPERLINK("http://x")', "y" * 40_000])
def test_a_spreadsheet_takes_no_words_for_a_formula(words: str, tmp_path: Path) -> None:
    """Whatever a text begins with or holds, the cell is a text, and the file opens."""
    table = texts(words)
    export.write(table, tmp_path / "answers.xlsx")
    book = openpyxl.load_workbook(tmp_path / "answers.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    kept = book.worksheets[0].cell(2, 3)
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", words.replace("\r\n", "\n").replace("\r", "\n"))
    if len(shown) > 32_767:
        assert str(kept.value).endswith(
            "[Longer than a cell can be. The whole text is in the other formats and in your report.]"
        )
        assert shown.startswith(str(kept.value).rpartition("\n")[0])
    else:
        assert (kept.value or "", kept.quotePrefix or not words) == (shown, True)


def test_sheets_have_names_that_are_allowed_and_no_two_alike(tmp_path: Path) -> None:
    """A title may be long, hold what a sheet's name may not, and be another's: each exercise still has its sheet."""
    names: set[str] = set()
    wanted = ["Am I: keeping [it]?", "am i  keeping  it", "A" * 40, "A" * 45, "'quoted'"]
    given = [spreadsheet._title(one, names) for one in wanted]
    assert given == ["Am I  keeping  it", "am i  keeping  it 2", "A" * 31, "A" * 27 + " 2", "quoted"]

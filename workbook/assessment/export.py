"""Answers as a file for other programs: CSV, JSON, Parquet or a spreadsheet, each with a codebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import files, words
from workbook.assessment import spreadsheet
from workbook.definition import kinds
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from workbook.assessment.frame import Told
    from workbook.definition.models import Workbook

CODEBOOK = (
    *("item", "chapter", "exercise", "kind", "prompt", "values", "lowest", "highest"),
    *("share", "repeats", "scales", "retired", "source"),
)

SPREADSHEET = ".xlsx"
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what spreadsheets take for a formula; wide forms count too


def write(
    told: Told,
    path: Path,
    *,
    private: bool = True,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Path, ...]:
    """Write every current answer that a journal told to `path` and return what was written.

    .csv, .json and .parquet: one row per answer, `frame.COLUMNS` and `answered_here`, the same time by the person's own
    clock; lists and tables are JSON in one cell; a codebook goes beside it. .xlsx: see `spreadsheet`. `private=False`
    leaves private answers out. `progress(done, of, what)` is called as it goes on.
    Raises WorkbookError for another ending, or when a file cannot be written; nothing is left half-written.
    """
    import pandas as pd

    path = Path(path)
    kind = _KINDS.get(path.suffix.lower())
    sheets = path.suffix.lower() == SPREADSHEET
    if kind is None and not sheets:
        known = ", ".join((*_KINDS, SPREADSHEET))
        raise WorkbookError(words.say("assessment.export.format", file=path.name, known=known))
    tell = progress or (lambda done, of, what: None)
    tell(0, 3, words.say("assessment.doing.reading"))
    workbook, answers, times = told.workbook, told.answers, told.times
    if not private:
        answers = answers[answers["share"] != "private"]
    tell(1, 3, words.say("assessment.doing.answers"))
    if kind is None:
        about = codebook(workbook)
        files.give(path, lambda new: spreadsheet.write(workbook, answers, times, about, new))
        tell(3, 3, words.say("assessment.doing.done"))
        return (path,)
    here = [times[place].isoformat() for place in zip(answers["item"], answers["occasion"], strict=True)]
    table = answers.assign(answered_here=pd.Series(here, index=answers.index, dtype=object))
    files.give(path, lambda new: kind(table, new))
    tell(2, 3, words.say("assessment.doing.codebook"))
    beside = path.with_name(f"{path.stem}-codebook.csv")
    files.give(beside, lambda new: _csv(codebook(workbook), new))
    tell(3, 3, words.say("assessment.doing.done"))
    return path, beside


def read(path: Path) -> pd.DataFrame:
    """Read an exported file back: the same rows and columns that were written, with plain dtypes.

    Raises WorkbookError when the ending is not one of ours.
    """
    import pandas as pd

    path = Path(path)
    ending = path.suffix.lower()
    if ending == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        rows = table.map(_plain)
    elif ending == ".json":
        rows = pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["answers"], dtype=object)
    elif ending == ".parquet":
        rows = pd.read_parquet(path).astype(object)
    else:
        raise WorkbookError(words.say("assessment.export.none", file=path.name, known=", ".join(_KINDS)))
    if ending != ".json":
        rows["value"] = [json.loads(value) for value in rows["value"]]
    return rows.assign(
        score=pd.to_numeric(rows["score"], errors="coerce"),
        answered_at=pd.to_datetime(rows["answered_at"], utc=True, format="ISO8601"),
    )


def codebook(workbook: Workbook) -> pd.DataFrame:
    """Return what each item of a workbook means: `CODEBOOK`, one row per item."""
    import pandas as pd

    scales: dict[str, list[str]] = {}
    for scale in workbook.scales:
        for id in scale.items:
            turned = id in scale.reverse
            named = words.say("assessment.export.reversed", scale=scale.id) if turned else scale.id
            scales.setdefault(id, []).append(named)
    ranges: dict[str, tuple[float, float]] = {
        id: bounds for scale in workbook.scales for id, bounds in scale.ranges.items()
    }
    rows = []
    for exercise in workbook.exercises:
        for item in exercise.items:
            if item.kind in ("note", "timer"):
                continue
            bounds = ranges.get(item.id)
            rows.append(
                {
                    "item": item.id,
                    "chapter": exercise.id.partition(".")[0],
                    "exercise": exercise.id,
                    "kind": item.kind,
                    "prompt": item.prompt,
                    "values": kinds.of(item).options(item),
                    "lowest": "" if bounds is None else f"{bounds[0]:g}",
                    "highest": "" if bounds is None else f"{bounds[1]:g}",
                    "share": item.share or exercise.share,
                    "repeats": exercise.repeats,
                    "scales": ", ".join(scales.get(item.id, ())),
                    "retired": words.say("assessment.export.retired") if item.retired else "",
                    "source": item.source or exercise.source or "",
                }
            )
    return pd.DataFrame(rows, columns=list(CODEBOOK), dtype=object)


# --- formats ---


def _flat(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the answers with plain columns: times in ISO 8601, values as JSON."""
    return answers.astype(object).assign(
        value=[json.dumps(value, ensure_ascii=False) for value in answers["value"]],
        answered_at=[at.isoformat() for at in answers["answered_at"]],
    )


def _csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table so that a spreadsheet shows it and runs nothing in it."""
    flat = _flat(table) if "value" in table else table
    with_marks = flat.map(_neutral)
    with_marks.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")  # the mark tells Excel: UTF-8


def _neutral(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe in front, which `read` takes away."""
    if isinstance(cell, str):
        cell = cell.replace("\0", "\ufffd")  # some readers stop there
        return f"'{cell}" if cell.startswith((*FORMULA, "'")) else cell
    return cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


def _json(table: pd.DataFrame, path: Path) -> None:
    flat = _flat(table).assign(value=list(table["value"]))
    flat = flat.astype(object).where(flat.notna() | flat.columns.isin(["value"]), None)
    path.write_text(json.dumps({"answers": flat.to_dict("records")}, ensure_ascii=False, indent=1), encoding="utf-8")


def _parquet(table: pd.DataFrame, path: Path) -> None:
    flat = _flat(table).astype({"score": float})
    flat.assign(answered_at=table["answered_at"]).to_parquet(path, index=False)


_KINDS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _csv, ".json": _json, ".parquet": _parquet}

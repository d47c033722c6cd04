"""How answers are scored, and the published numbers a score may be held against."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from workbook.definition.base import CHAPTER_ID, Model, Reference, Words
from workbook.definition.sources import Source


class Cutoff(Model):
    """A published line between two scores, in the scale's points."""

    value: float
    reads: Words | None = None  # “at or above it, a talk with a clinician”


class Group(Model):
    """The published scores of a group of people."""

    mean: float
    sd: Annotated[float, Field(gt=0)]


def _as_line(value: object) -> object:
    return value if value is None or isinstance(value, (dict, Cutoff)) else {"value": value}


def _grouped(data: object) -> object:
    """Read the names that norms had before: `functional_mean`, `clinical_sd` and so on."""
    if not isinstance(data, dict):
        return data
    found = dict(data)
    for group in ("clinical", "functional"):
        mean, sd = found.pop(f"{group}_mean", None), found.pop(f"{group}_sd", None)
        if mean is not None and sd is not None:
            found.setdefault(group, {"mean": mean, "sd": sd})
    return found


class Norms(Model):
    """Published numbers of a scale, in its points; named as in `data/norms.yaml`, so that they can be copied."""

    range: tuple[float, float] | None = None  # the lowest and highest score that these numbers belong to
    better: Literal["higher", "lower"] | None = None
    sd: Annotated[float, Field(gt=0)] | None = None  # with `reliability`, else change is judged by nonoverlap
    reliability: Annotated[float, Field(ge=0, lt=1)] | None = None
    cutoff: Annotated[Cutoff | None, BeforeValidator(_as_line, json_schema_input_type=Cutoff | float)] = None
    clinical: Group | None = None
    functional: Group | None = None
    source: Source

    _earlier = model_validator(mode="before")(_grouped)


class Scale(Model):
    """A scored set of items."""

    id: Annotated[str, Field(pattern=f"^{CHAPTER_ID}$", max_length=60)]
    title: Words
    items: Annotated[tuple[Reference, ...], Field(min_length=1)]  # full ids; in an instrument's file also bare words
    score: Literal["mean", "sum", "percent"] = "percent"  # percent: of the declared range, 0–100
    reverse: tuple[Reference, ...] = ()
    min_answered: Annotated[int, Field(ge=1)]
    better: Literal["higher", "lower"] = "higher"
    scored: bool = True  # false: the answers are shown side by side, and never made into a number
    weights: dict[Reference, Annotated[float, Field(gt=0)]] = Field(default={})  # 1 where not named
    table: dict[int, float] | None = None  # rounded score → T-score or the like; a score not in it is no score
    part_of: Annotated[str, Field(pattern=f"^{CHAPTER_ID}$", max_length=60)] | None = None  # the scale it is a part of
    norms: Norms | None = None  # without them change is judged by nonoverlap, never by reliable change
    ranges: dict[Reference, tuple[float, float]] = Field(
        default={}
    )  # lowest and highest declared value; the loader fills it in
    source: Source

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest score; KeyError without the ranges of all its items."""
        if self.table:
            return min(self.table.values()), max(self.table.values())
        return self.points

    @property
    def points(self) -> tuple[float, float]:
        """The lowest and the highest score before `table` is looked up."""
        if self.score == "percent":
            return 0.0, 100.0
        weights = [self.weights.get(item, 1.0) for item in self.items]
        low, high = (
            sum(w * self.ranges[item][end] for w, item in zip(weights, self.items, strict=True)) for end in (0, 1)
        )
        return (low, high) if self.score == "sum" else (low / sum(weights), high / sum(weights))

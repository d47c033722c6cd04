"""Whether the numbers that were published of a scale can belong to the scores it gives here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.definition.known import Fault
    from workbook.definition.reading import Keys
    from workbook.definition.scales import Norms, Scale


def faults(scale: Scale) -> Iterator[Fault]:
    """Yield why the published numbers cannot belong to the scores of a scale, which knows the ranges of its items."""
    low, high = scale.bounds
    if low == high and scale.table:
        yield ("table",), None, "looks every score up as the same.", "Write the scores that belong to each."
    norms = scale.norms
    if norms is None or low == high:  # an item without room is named by itself
        return
    if (norms.sd is None) != (norms.reliability is None):
        missing = "sd" if norms.sd is None else "reliability"
        yield ("norms", missing), None, "is missing.", "Reliable change needs sd and reliability: write both, or none."
    if norms.range is None:
        cure = "Write the lowest and the highest score that these numbers were published for, like [0, 27]."
        yield ("norms", "range"), None, "is missing.", cure
    elif norms.range[0] >= norms.range[1]:
        yield ("norms", "range"), None, "does not rise.", "Write the lowest score first, then the highest."
    elif not _alike(norms.range, (low, high)):
        says = f"These numbers are for scores from {_span(norms.range)}; this scale gives {_span((low, high))}."
        yield ("norms", "range"), None, says, _other_score(scale, norms.range)
        return  # the others would only say it again
    if norms.better is not None and norms.better != scale.better:
        yield ("norms", "better"), norms.better, f"The scale says {scale.better}.", "Give both the same."
    yield from _norm_numbers(norms, low, high)
    if norms.clinical and norms.functional:
        gain = norms.functional.mean - norms.clinical.mean
        if gain == 0 or (gain > 0) != (scale.better == "higher"):
            says = f"is not better than the clinical one, while {scale.better} is better."
            yield ("norms", "functional", "mean"), norms.functional.mean, says, "Check both, and better."


def _norm_numbers(norms: Norms, low: float, high: float) -> Iterator[Fault]:
    """Yield the numbers that scores from `low` to `high` cannot have."""
    groups = [
        (name, group) for name, group in (("clinical", norms.clinical), ("functional", norms.functional)) if group
    ]
    scores: list[tuple[Keys, float]] = [((name, "mean"), group.mean) for name, group in groups]
    spreads: list[tuple[Keys, float]] = [((name, "sd"), group.sd) for name, group in groups]
    if norms.cutoff:
        scores.append((("cutoff", "value"), norms.cutoff.value))
    if norms.sd:
        spreads.append((("sd",), norms.sd))
    cure = "Check the number, and how the scale is scored."
    for keys, value in scores:
        if not low <= value <= high:
            yield ("norms", *keys), value, f"This scale gives {_span((low, high))}.", cure
    for keys, value in spreads:
        if value > (high - low) / 2:
            yield ("norms", *keys), value, f"Scores from {_span((low, high))} cannot spread that far.", cure


def unfit(scale: Scale) -> bool:
    """Tell whether a scale's norms cannot be those of its scores; an older file may not say which they belong to."""
    unsaid = scale.norms is not None and scale.norms.range is None and scale.score != "percent"
    return any(keys != ("norms", "range") or not unsaid for keys, *_ in faults(scale))


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(one, other, strict=True))


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:g} to {ends[1]:g}"


def _other_score(scale: Scale, wanted: tuple[float, float]) -> str:
    """Return the cure for norms of other scores: the way of scoring that they fit, where there is one."""
    for score in ("sum", "mean", "percent"):
        if scale.table is None and _alike(scale.model_copy(update={"score": score}).points, wanted):
            return f"Write “score: {score}”."
    return "Check the points and the items, or leave norms out."

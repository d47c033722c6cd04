"""Scores from answers: pure functions, tables in, tables or named tuples out; a missing answer is never 0."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbook import words
from workbook.answers import occasions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    import pandas as pd

    from workbook.definition.scales import Scale

Better = Literal["higher", "lower"]
Verdict = Literal["better", "no clear change", "worse", "too few occasions"]

Z = 1.96  # two-sided 95 %, as in Jacobson & Truax 1991
SIDE = 3  # occasions needed on each side before two sides are compared

COLUMNS = ("scale", "chapter", "occasion", "score", "raw", "k", "n", "minimum", "maximum")


class ReliableChange(NamedTuple):
    """A difference between two scores, measured in the error of the instrument."""

    rc: float  # (after − before) / s_diff, in the direction the scores were given
    s_diff: float  # standard error of a difference, in points
    sem: float  # standard error of one measurement, in points
    least: float  # the smallest difference that counts, in points
    verdict: Verdict


class Cutoffs(NamedTuple):
    """Where the clinical range ends, three ways, in points."""

    a: float  # two SDs from the clinical mean
    b: float  # two SDs from the functional mean
    c: float  # between both means, nearer to the one with the smaller SD


class Nap(NamedTuple):
    """Nonoverlap of all pairs: how often a later occasion beats an earlier one, 0–1."""

    nap: float
    low: float
    high: float
    verdict: Verdict


class Alpha(NamedTuple):
    """Cronbach's alpha of a cohort."""

    alpha: float
    low: float
    high: float
    n: int  # people counted


def score(answers: pd.DataFrame, scales: Iterable[Scale], by: Sequence[str] = ()) -> pd.DataFrame:
    """Return one row per scale and occasion: `COLUMNS`, in the order of the scales, then of the occasions.

    `answers` is the tidy table (one row per current answer; columns item, occasion, status and score are read;
    never changed). `by` names more columns to keep apart, such as `client`; they are added in front.

    Each answered item gives its place p = (x − lowest) / (highest − lowest) in its *declared* range, a reversed item
    1 − p (which is minimum + maximum − x). The scale's place f is their mean, weighted by w·(highest − lowest):

        f = Σ w·(x − lowest) / Σ w·(highest − lowest)        over the answered items

    percent = 100·f; sum and mean are the same place in the range of the whole scale, so that a missing item counts
    like the answered ones and never as 0. With no item missing and equal ranges these are the ordinary sum and mean.
    `table` (T-scores and the like) is looked up with the rounded result; outside the table there is no score.

    `k` of `n` items were answered; skipped, hidden and "no opportunity" do not count. Below `min_answered` the score
    is NaN. `raw` is the sum of the points given (reversed ones reversed), NaN when nothing was answered.
    `minimum` and `maximum` bound `score`. Raises ValueError when an item is answered twice on one occasion.
    """
    import numpy as np
    import pandas as pd

    scales = tuple(scales)
    layers, place_of = _layers(scales)
    number, names = codes(answers["item"])
    place = np.array([place_of.get(str(name), -1) for name in names] + [-1], dtype=np.intp)[number]
    if (place < 0).any():  # items of no scale
        answers, place = answers[place >= 0], place[place >= 0]
    keys = [*by, "occasion"]
    group, groups = _groups(answers, keys)
    points = answers["score"].to_numpy(dtype=float, na_value=math.nan)
    number, words = codes(answers["status"])
    counted = np.array([word == "answered" for word in words] + [False])[number] & ~np.isnan(points)

    cells = (len(scales), len(groups))
    seen, k, raw, floor, ceiling = (np.zeros(cells) for _ in range(5))
    for layer in layers:
        cell = layer.scale[place] * len(groups) + group
        cell, item, given, valid = _only(cell >= 0, cell, place, points, counted)  # an item may have no scale in it
        seen += _tally(cell, None, cells)
        cell, item, given = _only(valid, cell, item, given)
        k += _tally(cell, None, cells)
        raw += _tally(cell, layer.start[item] + layer.step[item] * given, cells)
        floor += _tally(cell, layer.floor[item], cells)
        ceiling += _tally(cell, layer.ceiling[item], cells)

    n = np.array([len(scale.items) for scale in scales], dtype=int)
    if (seen > n[:, None]).any():
        raise ValueError("An item has two answers on one occasion. Hand in current answers, not their history.")
    enough = k >= np.array([max(scale.min_answered, 1) for scale in scales])[:, None]
    result = np.full(cells, math.nan)
    np.divide(raw - floor, ceiling - floor, out=result, where=enough)
    limits = np.array([scale.points for scale in scales], dtype=float).reshape(-1, 2)
    result = limits[:, :1] + result * (limits[:, 1:] - limits[:, :1])
    for row, scale in enumerate(scales):
        if scale.table is not None:
            looked_up = [scale.table.get(round(x), math.nan) if x == x else x for x in result[row].tolist()]
            result[row] = looked_up
            limits[row] = bounds(scale)

    which, when = np.nonzero(seen)
    chapters = [scale.items[0].split(".")[0] for scale in scales]
    known = list(dict.fromkeys(chapters))
    columns = {name: groups[name].array.take(when) for name in keys} | {
        "scale": named(which, [scale.id for scale in scales]),
        "chapter": named(np.array([known.index(one) for one in chapters], dtype=int)[which], known),
        "score": result[which, when],
        "raw": np.where(k > 0, raw, math.nan)[which, when],
        "k": k[which, when].astype(int),
        "n": n[which],
        "minimum": limits[which, 0],
        "maximum": limits[which, 1],
    }
    return pd.DataFrame(columns)[[*by, *COLUMNS]]


def bounds(scale: Scale) -> tuple[float, float]:
    """Return the lowest and highest score there can be, as declared."""
    return scale.bounds


def said(score: float, scale: tuple[float, float], *, decimals: int = 0) -> str:
    """Return a score as it is read: whole where the scale is long, with a decimal or two where it is short.

    `scale` bounds the score; at least so many `decimals` where it is compared.
    """
    span = scale[1] - scale[0]
    written = f"{score:.{max(decimals, 0 if span >= 50 else 1 if span >= 5 else 2)}f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if written == "-0" else words.number(written)


class _Layer(NamedTuple):
    """What to do with each item, by its row: its scale's number, and start + step·x, floor and ceiling, weighted."""

    scale: np.ndarray  # far below 0 for none
    start: np.ndarray
    step: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray


def _layers(scales: tuple[Scale, ...]) -> tuple[list[_Layer], dict[str, int]]:
    """Return what to do with each item, and each item's row in it.

    An item in two scales (a subscale, say) has a second layer.
    """
    import numpy as np

    place: dict[str, int] = {}
    rows: list[dict[int, tuple[float, ...]]] = []
    for number, scale in enumerate(scales):
        for item in scale.items:
            at = place.setdefault(item, len(place))
            layer = next((layer for layer in rows if at not in layer), None)
            if layer is None:
                rows.append(layer := {})
            (low, high), weight = scale.ranges[item], scale.weights.get(item, 1.0)
            start, step = (low + high, -1.0) if item in scale.reverse else (0.0, 1.0)
            layer[at] = (number, weight * start, weight * step, weight * low, weight * high)
    found = []
    for layer in rows:
        numbers = np.full((len(place), len(_Layer._fields)), math.nan)
        numbers[:, 0] = _NONE
        numbers[list(layer)] = list(layer.values())
        found.append(_Layer(numbers[:, 0].astype(np.int64), *numbers[:, 1:].T))
    return found, place


_NONE = -(2**40)  # times any number of occasions, still below 0


def codes(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Return a number for each row, −1 for missing, and what the numbers stand for; a category costs nothing."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories
    numbers, values = pd.factorize(column)
    return numbers, values


def named(numbers: Sequence[int] | np.ndarray, names: Sequence[str], *, ordered: bool = False) -> pd.Categorical:
    """Return the category of which `codes` gives these numbers and names; each name stays the word that it is."""
    import pandas as pd

    return pd.Categorical.from_codes(numbers, pd.Index(names, dtype=object), ordered=ordered)


def _groups(answers: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return each row's group number and the sorted table of groups, one row each."""
    import numpy as np
    import pandas as pd

    number = np.zeros(len(answers), dtype=np.int64)
    table = pd.DataFrame(index=range(1))
    for key in keys:
        found, values = codes(answers[key])
        ordered = bool(getattr(answers[key].dtype, "ordered", False))  # such a category knows which comes first
        order = values.argsort() if key != "occasion" else np.array(_by_occasion(values), dtype=np.intp)
        order = np.arange(len(values)) if ordered else order
        rank = np.empty(len(values), dtype=np.int64)
        rank[order] = np.arange(len(values))
        number = number * len(values) + rank[found] if len(values) else number
        used = np.arange(len(values))
        if len(keys) > 1:  # most combinations do not occur
            used, number = np.unique(number, return_inverse=True)
        outer, inner = used // max(len(values), 1), used % max(len(values), 1)
        table = table.iloc[outer].reset_index(drop=True)
        table[key] = pd.Categorical.from_codes(inner, values.take(order), ordered=ordered)
    return number, table


def _by_occasion(values: pd.Index) -> list[int]:
    """Return the places of occasions, the oldest first."""
    order = [occasions.order(str(value)) for value in values.tolist()]
    return sorted(range(len(order)), key=order.__getitem__)


def _only(mask: np.ndarray, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the rows of each array where the mask holds; the arrays themselves when it holds everywhere."""
    return arrays if mask.all() else tuple(array[mask] for array in arrays)


def _tally(cell: np.ndarray, weights: np.ndarray | None, cells: tuple[int, int]) -> np.ndarray:
    import numpy as np

    return np.bincount(cell, weights, minlength=cells[0] * cells[1])[: cells[0] * cells[1]].reshape(cells)


def reliable_change(
    before: float, after: float, *, sd: float, reliability: float, better: Better = "higher"
) -> ReliableChange:
    """Return whether two scores of one person differ by more than the instrument's error.

    SEM = SD·√(1 − r), S_diff = √2·SEM, RC = (after − before) / S_diff, reliable when |RC| > 1.96
    (Jacobson & Truax 1991). `sd` and `reliability` are published ones, of the instrument, never of this person.
    A missing score (NaN) gives no verdict but "too few occasions". Raises ValueError outside sd > 0, 0 ≤ r < 1.
    """
    if not (sd > 0 and 0 <= reliability < 1):
        raise ValueError(f"sd must be above 0 and reliability from 0 to below 1; they are {sd} and {reliability}.")
    sem = sd * math.sqrt(1 - reliability)
    s_diff = math.sqrt(2) * sem
    rc = (after - before) / s_diff
    gain = rc if better == "higher" else -rc
    verdict: Verdict = "better" if gain > Z else "worse" if gain < -Z else "no clear change"
    return ReliableChange(rc, s_diff, sem, Z * s_diff, verdict if rc == rc else "too few occasions")


def cutoffs(*, clinical_mean: float, clinical_sd: float, functional_mean: float, functional_sd: float) -> Cutoffs:
    """Return the three cut-offs of clinical significance, in points (Jacobson & Truax 1991).

    a: two clinical SDs from the clinical mean towards the functional one; b: two functional SDs from the functional
    mean towards the clinical one; c = (SD_c·M_f + SD_f·M_c) / (SD_c + SD_f). Works in either direction.
    Raises ValueError when an SD is not above 0.
    """
    if clinical_sd <= 0 or functional_sd <= 0:
        raise ValueError("Both SDs must be above 0.")
    towards = math.copysign(1, functional_mean - clinical_mean)
    return Cutoffs(
        a=clinical_mean + towards * 2 * clinical_sd,
        b=functional_mean - towards * 2 * functional_sd,
        c=(clinical_sd * functional_mean + functional_sd * clinical_mean) / (clinical_sd + functional_sd),
    )


def nap(before: Sequence[float], after: Sequence[float], *, better: Better = "higher") -> Nap:
    """Return how often a later occasion is better than an earlier one, over all pairs; a tie counts half.

    NAP = (#better + ½·#equal) / (m·n), 0–1, .5 is chance (Parker & Vannest 2009). The 95 % interval is the score
    interval of Newcombe 2006 (part 2, method 5): all θ with (NAP − θ)² ≤ z²·V(θ), where V is Hanley and McNeil's
    variance θ(1 − θ)/mn · [1 + h·((1 − θ)/(2 − θ) + θ/(1 + θ))] with h = (m + n)/2 − 1; Pustejovsky recommends it
    for single cases. It takes occasions as independent, which one person's weeks are only roughly.
    Missing occasions are left out; with fewer than 3 on a side everything is NaN, and the verdict says so.
    """
    first = [float(x) for x in before if x == x]
    last = [float(x) for x in after if x == x]
    pairs = len(first) * len(last)
    if min(len(first), len(last)) < SIDE:
        return Nap(math.nan, math.nan, math.nan, "too few occasions")
    first.sort()
    wins = sum(bisect_left(first, x) + bisect_right(first, x) for x in last) / 2
    value = (wins if better == "higher" else pairs - wins) / pairs
    h = (len(first) + len(last)) / 2 - 1

    def outside(theta: float) -> bool:
        spread = theta * (1 - theta) * (2 + h + (1 + 2 * h) * theta * (1 - theta))
        return pairs * (value - theta) ** 2 * (2 - theta) * (1 + theta) > Z**2 * spread

    low, high = _edge(outside, 0.0, value), _edge(outside, 1.0, value)
    verdict: Verdict = "better" if low > 0.5 else "worse" if high < 0.5 else "no clear change"
    return Nap(value, low, high, verdict)


def _edge(outside: Callable[[float], bool], out: float, inside: float) -> float:
    """Return where `outside` begins on the way from `inside` to `out`, by halving."""
    if not outside(out + (1e-12 if out < inside else -1e-12)):
        return out
    for _ in range(60):
        middle = (out + inside) / 2
        out, inside = (middle, inside) if outside(middle) else (out, middle)
    return inside


def goal_attainment(levels: Sequence[float], weights: Sequence[float] | None = None, *, rho: float = 0.30) -> float:
    """Return the goal attainment T-score: 50 when every goal is just met.

    T = 50 + 10·Σwx / √[(1 − ρ)·Σw² + ρ·(Σw)²], x from −2 to +2, ρ = .30 (Kiresuk & Sherman 1968). Goals without a
    level (NaN) are left out; with none left the result is NaN. Raises ValueError when the lengths differ, a level is
    outside −2…+2 or a weight is not above 0.
    """
    weights = [1.0] * len(levels) if weights is None else weights
    pairs = [(float(x), float(w)) for x, w in zip(levels, weights, strict=True) if x == x]
    if any(not -2 <= x <= 2 or not w > 0 for x, w in pairs):
        raise ValueError("Levels go from −2 to +2, and weights are above 0.")
    if not pairs:
        return math.nan
    total = sum(w for _, w in pairs)
    squares = sum(w * w for _, w in pairs)
    return 50 + 10 * sum(w * x for x, w in pairs) / math.sqrt((1 - rho) * squares + rho * total**2)


def alpha(table: pd.DataFrame, missing: Literal["pairwise", "listwise"] = "pairwise") -> Alpha:
    """Return Cronbach's alpha of a cohort: one row per person, one column per item. Never for one person.

    α = k/(k − 1) · (1 − Σ s_ii / Σ s_ij) over the items' covariances s, each from the pairs that have both answers
    ("pairwise") or from the people who answered everything ("listwise"). The 95 % interval is Feldt's (Feldt, Woodruff
    & Salih 1987): 1 − (1 − α)·F(.975) and 1 − (1 − α)·F(.025) with n − 1 and (n − 1)(k − 1) degrees of freedom, n being
    the people counted: all with an answer, or the complete ones. NaN with fewer than 2 items or people, or no variance.
    """
    used = table.dropna(how="all" if missing == "pairwise" else "any").astype(float)
    n, k = used.shape
    total = float(used.cov().to_numpy().sum()) if n > 1 else 0.0
    if k < 2 or not total > 0:
        return Alpha(math.nan, math.nan, math.nan, n)
    value = k / (k - 1) * (1 - float(used.var().sum()) / total)
    df1, df2 = n - 1, (n - 1) * (k - 1)
    low, high = (1 - (1 - value) * _f_quantile(p, df1, df2) for p in (0.975, 0.025))
    return Alpha(value, low, high, n)


def _f_quantile(p: float, df1: float, df2: float) -> float:
    """Return the value an F-distributed number stays below with probability p.

    F = d2·x / (d1·(1 − x)) where x is the quantile of the Beta(d1/2, d2/2) distribution, found by halving.
    """
    low, high = 0.0, 1.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_cdf(middle, df1 / 2, df2 / 2) < p else (low, middle)
    return df2 * low / (df1 * (1 - low))


def _beta_cdf(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on this side only
        return 1 - _beta_cdf(1 - x, b, a)
    fraction = 1.0
    for m in range(200, 0, -1):
        odd = -(a + m - 1) * (a + b + m - 1) * x / ((a + 2 * m - 2) * (a + 2 * m - 1))
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        fraction = 1 + odd / (1 + even / fraction)
    front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(front) / (a * fraction)

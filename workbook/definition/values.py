"""What an answer's value may be, kind by kind. Each takes the item and what was given, and returns what is kept.

Texts keep their words; characters that cannot be shown become what they meant, or are taken out. Numbers may be texts,
with the digits of any script and a point or a comma. Choices come back in the order of the options, whole numbers as
int, empty parts are left out. What does not fit raises InvalidAnswer with a sentence that says what would.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from workbook.definition.base import LARGEST, LONGEST
from workbook.definition.items import NO_OPPORTUNITY
from workbook.errors import InvalidAnswer
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)", re.ASCII)
_SIGNS = {**dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\uff0d", "-"), "\uff0b": "+"}
_SIGNS |= dict.fromkeys(",\u066b\uff0c\uff0e", ".")
# What a paste from another program may bring along, and what it meant there: a line break within a paragraph (Word,
# PowerPoint), a page break, hyphens of Word's, quotation marks of Windows. The page does the same: `tidy` in form.js.
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\u2028\u2029]")
_MEANT = {byte: bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)} | {0x1E: "-", 0x1F: ""}
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1d\x7f]")
_HALVES = re.compile("[\ud800-\udfff]")


def clean(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidAnswer(say("definition.values.not_text", what=what))
    if len(value) > LONGEST:
        raise InvalidAnswer(say("definition.values.too_long", length=len(value), most=LONGEST))
    return tidy(value)


def tidy(words: str) -> str:
    """Return words with what a paste brought along as it was meant, and nothing that cannot be shown."""
    return _HALVES.sub("\ufffd", _UNSEEN.sub("", _BREAKS.sub("\n", words).translate(_MEANT)))


def text(item: Any, value: object) -> str:
    words = clean(value, say("definition.values.this"))
    if not words.strip():
        raise InvalidAnswer(say("definition.values.nothing_yet"))
    return words


def whole(value: object) -> object:
    """Return a float without a fraction as int: JavaScript has only one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def number(item: Any, value: object) -> int | float:
    return in_range(value, item.minimum, item.maximum)


def read_number(text: str) -> float | str:
    """Return the number a text says, in the digits of any script, or the text as it is."""
    plain = "".join(_SIGNS.get(one, str(unicodedata.decimal(one, one))) for one in text.strip())
    return float(plain) if _NUMBER.fullmatch(plain) else text


def in_range(value: object, low: float | None, high: float | None) -> int | float:
    if isinstance(value, str):
        value = read_number(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidAnswer(say("definition.values.number"))
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidAnswer(say("definition.values.finite"))
    least, most = -LARGEST if low is None else low, LARGEST if high is None else high
    if not least <= value <= most:
        raise InvalidAnswer(say("definition.values.range", least=f"{least:,g}", most=f"{most:,g}"))
    return whole(value)  # type: ignore[return-value]  # a number stays one


def date(item: Any, value: object) -> str:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise InvalidAnswer(say("definition.values.day"))
    try:
        day = dt.date.fromisoformat(value)
    except ValueError:
        raise InvalidAnswer(say("definition.values.no_such_day")) from None
    if not 1900 <= day.year <= 2200:
        raise InvalidAnswer(say("definition.values.year"))
    return value


def yesno(item: Any, value: object) -> str:
    possible = ("yes", "no", "unsure") if item.unsure else ("yes", "no")
    if not isinstance(value, str) or value not in possible:
        raise InvalidAnswer(one_of(possible))
    return value


def key(options: Mapping[str, object], value: object) -> str:
    if not isinstance(value, str) or value not in options:
        raise InvalidAnswer(one_of(options))
    return value


def choice(item: Any, value: object) -> str:
    return key(item.options, value)


def choices(item: Any, value: object) -> list[str]:
    chosen = {key(item.options, one) for one in listed(value)}
    if not chosen:
        raise InvalidAnswer(say("definition.values.nothing_chosen"))
    return [name for name in item.options if name in chosen]


def scale(item: Any, value: object) -> int | str:
    if item.no_opportunity and value == NO_OPPORTUNITY:
        return NO_OPPORTUNITY
    value = in_range(value, min(item.points), max(item.points))
    if value not in item.points:
        raise InvalidAnswer(one_of(map(str, item.points)))
    return int(value)


def ruler(item: Any, value: object) -> int:
    value = in_range(value, item.minimum, item.maximum)
    if not isinstance(value, int):
        raise InvalidAnswer(say("definition.values.whole"))
    return value


def rank(item: Any, value: object) -> list[str]:
    ranked = [key(item.options, one) for one in listed(value)]
    if sorted(ranked) != sorted(item.options):
        raise InvalidAnswer(say("definition.values.ranked"))
    return ranked


def shares(item: Any, value: object) -> dict[str, int | float]:
    given = {key(item.options, name): in_range(part, 0, 100) for name, part in mapping(value).items()}
    if not given:
        raise InvalidAnswer(say("definition.values.nothing_shared"))
    return {name: given[name] for name in item.options if name in given}


def letter(item: Any, value: object) -> dict[str, str]:
    given = {
        key(item.parts, name): clean(part, say("definition.values.letter_part"))
        for name, part in mapping(value).items()
    }
    kept = {name: given[name] for name in item.parts if given.get(name, "").strip()}
    if not kept:
        raise InvalidAnswer(say("definition.values.empty_letter"))
    return kept


def never(item: Any, value: object) -> Any:
    raise InvalidAnswer(say("definition.values.never"))


def listed(value: object) -> list[object]:
    if not isinstance(value, (list, tuple)) or len(value) > 1000:
        raise InvalidAnswer(say("definition.values.list"))
    return list(value)


def mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InvalidAnswer(say("definition.values.parts"))
    return value


def one_of(codes: Iterable[str]) -> str:
    """Say which answers there are."""
    *most, last = list(codes)[:12]
    if not most:
        return say("definition.values.only", code=last)
    return say("definition.values.one_of", codes=", ".join(most), last=last)

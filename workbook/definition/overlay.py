"""A workbook in another language: texts laid over the English ones, all of them or none."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

from workbook import definition, resources, words
from workbook.definition.base import LANGUAGE_FILE, Model, did_you_mean
from workbook.definition.items import BaseItem, Column
from workbook.definition.lookback import Step
from workbook.definition.models import FOOT, Chapter, Exercise, Gate, Workbook
from workbook.definition.reading import Outline, Problem, read
from workbook.definition.scales import Scale
from workbook.errors import DefinitionError, UnknownId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Say = Callable[[str, str], str]  # the way to a text, the text → the text to use

T = TypeVar("T")

# The fields that hold words for a person, or hold what does.
_SPOKEN = (
    *("title", "lede", "opening", "more", "closing", "why", "text", "intro", "prompt", "help", "row", "label"),
    *("unit", "unit_one"),
    *("options", "points", "no_opportunity", "low", "high", "columns", "parts"),
    *("reason", "blank_reason", "notice", "said", "instead"),
    *("chapters", "exercises", "items", "scales", "gates", "lookback", "steps"),
)


def texts(workbook: Workbook) -> dict[str, str]:
    """Return every text of the workbook by its path: `space.urges.trigger.prompt`; what an overlay has to say."""
    found: dict[str, str] = {}

    def note(path: str, text: str) -> str:
        found[path] = text
        return text

    _said(workbook, "workbook", note)
    return found


def apply(workbook: Workbook, language: str, spoken: dict[str, str]) -> Workbook:
    """Return the workbook with the texts of `spoken`; a text it does not have stays as it is."""
    told = _said(workbook, "workbook", lambda path, text: spoken.get(path, text))
    return told.model_copy(update={"language": language})


def load(workbook: Workbook, path: Path) -> Workbook:
    """Return the workbook in the language of an overlay file: `de.yaml`, a mapping from text path to text.

    Raises DefinitionError with every text that is missing, empty or not known.
    """
    outline, language = _judged(workbook, path)
    if outline.problems:
        raise DefinitionError(tuple(outline.problems))
    return apply(workbook, language, cast("dict[str, str]", outline.data))


def shipped(language: str) -> Workbook:
    """Return the shipped workbook in a language, with what is true where this runs.

    Raises UnknownId, naming the languages there are.
    """
    return _on_hub(language) if words.on_hub() else _shipped(language)


@lru_cache
def _on_hub(language: str) -> Workbook:
    workbook = _shipped(language)
    return apply(workbook, workbook.language, of_hub(language))


def of_hub(language: str) -> dict[str, str]:
    """Return what is said otherwise on a hub, by the path of its text; nothing in a language that has no such file."""
    path = resources.data("hub", f"{language}.yaml")
    return cast("dict[str, str]", read(path).data) if path.exists() else {}


def _shipped(language: str) -> Workbook:
    workbook, files = definition.load(), _files()
    if language == workbook.language:
        return workbook
    if language not in files:
        there = ", ".join([workbook.language, *sorted(files)])
        raise UnknownId(words.say("definition.unknown.language", language=language, languages=there))
    return load(workbook, files[language])


def spoken() -> Workbook:
    """Return the shipped workbook in the language spoken now; in English when it is not there in that."""
    return _spoken(words.code(), words.on_hub())


@lru_cache
def _spoken(language: str, hub: bool) -> Workbook:
    del hub  # what `shipped` looks at
    return shipped(language if language in _files() else definition.load().language)


def _files() -> dict[str, Path]:
    """The overlays that ship, by language."""
    found = {
        path.stem: path for path in resources.data("workbook").glob("*.yaml") if LANGUAGE_FILE.fullmatch(path.name)
    }
    for chapter in definition.load().chapters:
        found.pop(chapter.id, None)
    return found


def check(workbook: Workbook, folder: Path) -> tuple[Problem, ...]:
    """Return the problems of every overlay in the folder, and of what a hub says otherwise, in its language."""
    chapters = {chapter.id for chapter in workbook.chapters}
    found: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        if LANGUAGE_FILE.fullmatch(path.name) and path.stem not in chapters:
            try:
                found += _judged(workbook, path)[0].problems
                found += _unsaid(folder.parent / "hub", f"{workbook.language}.yaml", path.name)
            except DefinitionError as error:
                found += [problem for problem in error.problems if isinstance(problem, Problem)]
    return tuple(found)


def _unsaid(hub: Path, own: str, other: str) -> Iterator[Problem]:
    """Yield what a hub says otherwise in one language alone: in the other it would say what is so at home."""
    there = read(hub / other).data if (hub / other).exists() else {}
    for key, text in cast("dict[str, str]", read(hub / own).data if (hub / own).exists() else {}).items():
        said = there.get(key) if isinstance(there, dict) else None
        if not isinstance(said, str) or not said.strip():
            yield Problem(f"hub/{other}", 0, key, None, "is missing.", f"On a hub the text is “{_short(text)}”.")


def _judged(workbook: Workbook, path: Path) -> tuple[Outline, str]:
    """Read an overlay and note what keeps it from being whole."""
    named = LANGUAGE_FILE.fullmatch(path.name)
    if named is None:
        cure = "Name it for its language, like de.yaml or pt-BR.yaml."
        raise DefinitionError((Problem(path.name, 0, "", None, "This is not the name of a language.", cure),))
    outline = read(path)
    base = texts(workbook)
    if not isinstance(outline.data, dict):
        outline.add((), None, "is not a mapping.", "Write one line for each text: path: text.")
        return outline, named[1]
    for key, text in outline.data.items():
        if key not in base:
            outline.add((key,), None, "is not a text of the workbook.", did_you_mean(key, base) or "Remove it.")
        elif not isinstance(text, str):
            outline.add((key,), None, "is not text.", "If it holds a colon, put it in quotes.")
        elif not text.strip():
            outline.add((key,), None, "is empty.", f"The text is “{_short(base[key])}”.")
    for key, text in base.items():
        if key not in outline.data:
            outline.add((key,), None, "is missing.", f"The text is “{_short(text)}”.")
    return outline, named[1]


def _said(value: T, path: str, say: Say) -> T:
    """Return `value` with every text in it as `say` has it; the original stays as it was."""
    if isinstance(value, str):
        return cast("T", say(path, value))
    if isinstance(value, dict):
        return cast("T", {key: _said(one, f"{path}.{key}", say) for key, one in value.items()})
    if isinstance(value, tuple):
        return cast("T", tuple(_said(one, _path(one, f"{path}.{n}", path), say) for n, one in enumerate(value, 1)))
    if isinstance(value, Model):
        spoken = [name for name in type(value).model_fields if name in _SPOKEN]
        if isinstance(value, Scale):
            spoken.remove("items")  # ids, not words
        update = {name: _said(getattr(value, name), f"{path}.{name}", say) for name in spoken}
        return cast("T", value.model_copy(update=update))
    return value


def _path(thing: object, counted: str, above: str) -> str:
    """Return the path of a member of a list: by its id where it has one, else by its place, from 1."""
    if isinstance(thing, BaseItem) and thing.word in FOOT:
        return f"foot.{thing.word}"  # said once, not in every exercise
    if isinstance(thing, (Chapter, Exercise, BaseItem)):
        return thing.id
    if isinstance(thing, Scale):
        return f"scales.{thing.id}"
    if isinstance(thing, Gate):
        return f"gates.{thing.id}"
    return f"{above}.{thing.id}" if isinstance(thing, (Column, Step)) else counted


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"

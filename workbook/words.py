"""Every sentence of ours, from `data/words/LANGUAGE.yaml`, with plurals as a language writes them.

The sentences of a workbook (chapters, questions, safety rules) stand in its own files and are not meant here.
"""

from __future__ import annotations

import contextlib
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbook import resources
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Sentence = str | dict[str, str]  # one text, or one for each plural form: {"one": …, "other": …}

ENGLISH = "en"
PLACE = "WORKBOOK_PLACE"  # the variable that says where this runs: on a hub, else on a person's own computer
HUB = "hub"
CHOSEN = "WORKBOOK_LANGUAGE"  # in the environment: what is spoken where no workbook is open, as in a caseload
_UNREADABLE = "{file} cannot be read as sentences: {problem}."  # said here: it may be the English ones


_STOPPED = re.compile(r"(\{(\w+)\})\.(?=\s|$)")
_STOPS = (".", "!", "?", "…")


class Language:
    """The sentences of one language, by dotted path such as `page.form.saved`."""

    __slots__ = ("code", "sentences")

    def __init__(self, code: str, sentences: Mapping[str, Sentence]) -> None:
        self.code = code
        self.sentences = sentences

    def __repr__(self) -> str:
        return f"Language({self.code!r})"

    def say(self, path: str, /, **values: object) -> str:
        """Return one sentence with `values` in their places; `count` chooses the plural form.

        Raises KeyError for a path that is not there: that is a mistake of ours, and a test finds it.
        """
        sentence = self.sentences[path]
        if isinstance(sentence, dict):
            sentence = sentence.get(self._plural(values["count"]), sentence["other"])
        return _ended_once(sentence, values).format(**values) if values else sentence

    def section(self, path: str) -> dict[str, Sentence]:
        """Return the sentences below `path` by the rest of their path, as a page is given them."""
        start = f"{path}."
        return {key.removeprefix(start): text for key, text in self.sentences.items() if key.startswith(start)}

    def forms_without(self, path: str) -> tuple[str, ...]:
        """Return the plural forms that whole numbers have in this language, and a counted sentence has no text for.

        One text, or `other` alone, is said of every count: not every language has forms, and not every sentence needs
        them.
        """
        sentence = self.sentences[path]
        if not isinstance(sentence, dict) or sentence.keys() == {"other"}:
            return ()
        return tuple(
            sorted({self._plural(count) for count in range(201)} - {name for name in sentence if sentence[name]})
        )

    def _plural(self, count: object) -> str:
        if self.code == ENGLISH:  # the language of most; Babel is slow to load
            return "one" if count == 1 else "other"
        from babel import Locale

        return str(Locale.parse(self.code, sep="-").plural_form(float(str(count))))


def _ended_once(sentence: str, values: Mapping[str, object]) -> str:
    """Return a sentence without the full stop behind a value that brings one along: “to A.” and not “to A..”.

    The page does the same: `fill` in elements.js.
    """
    if "}." not in sentence:
        return sentence
    return _STOPPED.sub(lambda found: found[1] if str(values.get(found[2])).endswith(_STOPS) else found[0], sentence)


def load(language: str = ENGLISH) -> Language:
    """Return a language that ships. Raises WorkbookError when there are no sentences in it."""
    if language != ENGLISH and language not in shipped():
        raise WorkbookError(say("words.not_spoken", language=language, languages=", ".join(shipped())))
    return _shipped(language)


def read(file: Path, data: bytes) -> Language:
    """Return the language that a YAML file, named after it, holds. Raises WorkbookError when it is none."""
    try:
        text = data.decode()
    except ValueError as problem:
        raise WorkbookError(_UNREADABLE.format(file=file, problem=problem)) from None
    return _read(file.stem, text, file)


def _read(code: str, text: str, file: object) -> Language:
    data = _lines(text)
    return Language(code, dict(_flat("", _yaml(file, text) if data is None else data)))


def _yaml(file: object, text: str) -> object:
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506  it leaves every scalar text
    except (ValueError, yaml.YAMLError) as problem:
        raise WorkbookError(_UNREADABLE.format(file=file, problem=problem)) from None


_NEVER = frozenset("\"'#[]{},&*!|>%@`?-")  # what a plain text does not begin with


def _lines(text: str) -> dict[str, Any] | None:
    """Read a file in which each line is `key:`, `key: text` or `key: "text"`; None when a line is anything else.

    The library that reads any YAML takes longer to load than all that `workbook --help` does.
    """
    root: dict[str, Any] = {}
    above: list[dict[str, Any]] = [root]  # the mapping that stands at each depth
    for line in text.split("\n"):
        bare = line.lstrip(" ")
        if not bare or bare[0] == "#":
            continue
        depth, odd = divmod(len(line) - len(bare), 2)
        key, colon, said = bare.partition(":")
        if (
            odd
            or depth >= len(above)
            or not colon
            or not key.replace("_", "").replace("-", "").replace(" ", "").isalnum()
        ):
            return None
        del above[depth + 1 :]
        inside = above[depth]
        if key in inside or key[-1] == " ":
            return None
        if not said:
            inside[key] = {}
            above.append(inside[key])
        elif (read := _said(said)) is None:
            return None
        else:
            inside[key] = read
    return root


def _said(after: str) -> str | None:
    """Return the text after a key's colon; None when it needs the YAML library to be read."""
    said = after[1:]
    if after[0] != " " or not said or said[0] == " " or said[-1] in " :":
        return None
    if said[0] == '"':
        inside = said[1:-1]
        return inside if len(said) > 1 and said[-1] == '"' and '"' not in inside and "\\" not in inside else None
    return None if said[0] in _NEVER or ": " in said or " #" in said else said


def shipped() -> tuple[str, ...]:
    """Return the codes of the languages there are sentences in."""
    return tuple(sorted(file.stem for file in resources.data("words").glob("*.yaml")))


def lacks(language: Language) -> tuple[str, ...]:
    """Return one line for each sentence a language lacks, has in excess, or in which a name in braces differs."""
    wanted = load().sentences
    found = [say("words.missing", path=path) for path in wanted if not language.sentences.get(path)]
    found += [say("words.too_many", path=path) for path in language.sentences if path not in wanted]
    for path in wanted.keys() & {path for path, text in language.sentences.items() if text}:
        if forms := language.forms_without(path):
            found.append(say("words.no_form", path=path, forms=", ".join(forms)))
        names, other = _names(wanted[path]), _names(language.sentences[path])
        if names != other:
            found.append(say("words.differs", path=path, other=_listed(other), names=_listed(names)))
    return tuple(sorted(found))


def follow(language: str) -> None:
    """Speak the language of a workbook from now on, where there are sentences in it; a block of `spoken` goes first."""
    _Spoken.followed = load(language) if language == ENGLISH or language in shipped() else None


@contextlib.contextmanager
def spoken(language: Language) -> Iterator[None]:
    """Speak a language inside a `with` block, in this thread and every other."""
    before = _Spoken.language
    _Spoken.language = language
    try:
        yield
    finally:
        _Spoken.language = before


def say(path: str, /, **values: object) -> str:
    """Return one sentence in the language spoken now; see `Language.say`."""
    return _now().say(path, **values)


def section(path: str) -> dict[str, Sentence]:
    """Return the sentences below `path` in the language spoken now; see `Language.section`."""
    return _now().section(path)


def number(written: str) -> str:
    """Return a number written as Python writes it with the decimal sign of the language spoken now."""
    if "." not in written or code() == ENGLISH:
        return written
    from babel import numbers

    return written.replace(".", numbers.get_decimal_symbol(code().replace("-", "_")))


def listed(parts: Sequence[str]) -> str:
    """Return words as a list in a sentence: “a, b and c”."""
    if len(parts) < 2:
        return "".join(parts)
    return say("words.and", before=", ".join(parts[:-1]), last=parts[-1])


def code() -> str:
    """Return the code of the language spoken now, such as `en`."""
    return _now().code


class _Spoken:
    language: Language | None = None  # of a block of `spoken`
    followed: Language | None = None  # of the workbook that is open


def on_hub() -> bool:
    """Say whether this runs on the server of a practice or a service, and not on a person's own computer."""
    return os.environ.get(PLACE) == HUB


def _now() -> Language:
    language = _Spoken.language or _Spoken.followed or _installed(os.environ.get(CHOSEN, ENGLISH))
    return _of_hub(language) if on_hub() else language


@lru_cache
def _of_hub(language: Language) -> Language:
    """Return a language as it is true on a hub: what stands below `hub` is said in place of its namesake elsewhere."""
    start = f"{HUB}."
    instead = {path.removeprefix(start): text for path, text in language.sentences.items() if path.startswith(start)}
    return Language(language.code, {**language.sentences, **instead})


@lru_cache
def _installed(chosen: str) -> Language:
    return _shipped(chosen if chosen in shipped() else ENGLISH)


@lru_cache
def _shipped(language: str) -> Language:
    name = f"{language}.yaml"
    return _read(language, resources.text("words", name), name)


_FORMS = {"zero", "one", "two", "few", "many", "other"}


def _flat(path: str, node: object) -> Iterator[tuple[str, Sentence]]:
    if not isinstance(node, dict):
        yield path, str(node)
    elif "other" in node and node.keys() <= _FORMS:
        yield path, node
    else:
        for key, inner in node.items():
            yield from _flat(f"{path}.{key}".strip("."), inner)


def _names(sentence: Sentence) -> frozenset[str]:
    import string

    texts = sentence.values() if isinstance(sentence, dict) else (sentence,)
    return frozenset(name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or say("words.nothing")

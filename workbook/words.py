"""Every sentence of ours, from `data/words/LANGUAGE.yaml`, with plurals as a language writes them.

The sentences of a workbook (chapters, questions, safety rules) stand in its own files and are not meant here.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from workbook import resources
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Sentence = str | dict[str, str]  # one text, or one for each plural form: {"one": …, "other": …}

ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """The sentences of one language, by dotted path such as `page.form.saved`."""

    code: str
    sentences: Mapping[str, Sentence] = field(repr=False)

    def say(self, path: str, /, **values: object) -> str:
        """Return one sentence with `values` in their places; `count` chooses the plural form.

        Raises KeyError for a path that is not there: that is a mistake of ours, and a test finds it.
        """
        sentence = self.sentences[path]
        if isinstance(sentence, dict):
            sentence = sentence.get(self._plural(values["count"]), sentence["other"])
        return sentence.format(**values) if values else sentence

    def section(self, path: str) -> dict[str, Sentence]:
        """Return the sentences below `path` by the rest of their path, as a page is given them."""
        start = f"{path}."
        return {key.removeprefix(start): text for key, text in self.sentences.items() if key.startswith(start)}

    def _plural(self, count: object) -> str:
        if self.code == ENGLISH:  # the language of most; Babel is slow to load
            return "one" if count == 1 else "other"
        from babel import Locale

        return str(Locale.parse(self.code, sep="-").plural_form(float(str(count))))


def load(language: str = ENGLISH) -> Language:
    """Return a language that ships. Raises WorkbookError when there are no sentences in it."""
    file = resources.data("words", f"{language}.yaml")
    if not file.is_file():
        raise WorkbookError(f"Mend does not speak “{language}” yet. It speaks {', '.join(shipped())}.")
    return _shipped(language)


def read(file: Path) -> Language:
    """Return the language in a YAML file named after it. Raises WorkbookError when it cannot be read as one."""
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506  it leaves every scalar text
    except (OSError, ValueError, yaml.YAMLError) as problem:
        raise WorkbookError(f"{file} cannot be read as sentences: {problem}.") from None
    return Language(file.stem, dict(_flat("", data)))


def shipped() -> tuple[str, ...]:
    """Return the codes of the languages there are sentences in."""
    return tuple(sorted(file.stem for file in resources.data("words").glob("*.yaml")))


def lacks(language: Language) -> tuple[str, ...]:
    """Return one line for each sentence a language lacks, has in excess, or in which a name in braces differs."""
    wanted = load().sentences
    found = [f"{path}: is missing." for path in wanted if path not in language.sentences]
    found += [f"{path}: is not among the English sentences." for path in language.sentences if path not in wanted]
    for path in wanted.keys() & language.sentences.keys():
        names, other = _names(wanted[path]), _names(language.sentences[path])
        if names != other:
            found.append(f"{path}: names {_listed(other)} in braces, where English names {_listed(names)}.")
    return tuple(sorted(found))


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


def code() -> str:
    """Return the code of the language spoken now, such as `en`."""
    return _now().code


class _Spoken:
    language: Language | None = None


def _now() -> Language:
    return _Spoken.language or load()


@lru_cache
def _shipped(language: str) -> Language:
    return read(resources.data("words", f"{language}.yaml"))


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
    return ", ".join(sorted(names)) or "nothing"

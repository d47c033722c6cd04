"""Every sentence of ours, from `data/words/LANGUAGE.yaml`, with plurals as a language writes them.

The sentences of a workbook (chapters, questions, safety rules) stand in its own files and are not meant here.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbook import resources
from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Sentence = str | dict[str, str]  # one text, or one for each plural form: {"one": …, "other": …}

ENGLISH = "en"
_UNREADABLE = "{file} cannot be read as sentences: {problem}."  # said here: it may be the English ones


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
        raise WorkbookError(say("words.not_spoken", language=language, languages=", ".join(shipped())))
    return _shipped(language)


def read(file: Path) -> Language:
    """Return the language in a YAML file named after it. Raises WorkbookError when it cannot be read as one."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise WorkbookError(_UNREADABLE.format(file=file, problem=problem)) from None
    data = _lines(text)
    return Language(file.stem, dict(_flat("", _yaml(file, text) if data is None else data)))


def _yaml(file: Path, text: str) -> object:
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return yaml.load(text, loader)  # noqa: S506  it leaves every scalar text
    except (ValueError, yaml.YAMLError) as problem:
        raise WorkbookError(_UNREADABLE.format(file=file, problem=problem)) from None


_LINE = re.compile(
    r"""(?P<indent>(?:\ \ )*)(?P<key>[^\s"'#:\[\]{},&*!|>%@`?-][^"'#:]*):
    (?:\ (?:"(?P<quoted>[^"\\]*)"|(?P<plain>[^\s"'#\[\]{},&*!|>%@`?:-](?:[^:#]|:(?=\S)|(?<=\S)\#)*)))?""",
    re.VERBOSE,
)


def _lines(text: str) -> dict[str, Any] | None:
    """Read a file in which each line is `key:`, `key: text` or `key: "text"`; None when a line is anything else.

    The library that reads any YAML takes longer to load than all that `workbook --help` does.
    """
    root: dict[str, Any] = {}
    open_: list[dict[str, Any]] = [root]  # the mapping that stands at each depth
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        depth = len(found["indent"]) // 2 if found else len(open_)
        if found is None or line.endswith(" ") or depth >= len(open_) or found["key"] in open_[depth]:
            return None
        del open_[depth + 1 :]
        said = found["plain"] if found["quoted"] is None else found["quoted"]
        open_[depth][found["key"]] = {} if said is None else said
        if said is None:
            open_.append(open_[depth][found["key"]])
    return root


def shipped() -> tuple[str, ...]:
    """Return the codes of the languages there are sentences in."""
    return tuple(sorted(file.stem for file in resources.data("words").glob("*.yaml")))


def lacks(language: Language) -> tuple[str, ...]:
    """Return one line for each sentence a language lacks, has in excess, or in which a name in braces differs."""
    wanted = load().sentences
    found = [say("words.missing", path=path) for path in wanted if path not in language.sentences]
    found += [say("words.too_many", path=path) for path in language.sentences if path not in wanted]
    for path in wanted.keys() & language.sentences.keys():
        names, other = _names(wanted[path]), _names(language.sentences[path])
        if names != other:
            found.append(say("words.differs", path=path, other=_listed(other), names=_listed(names)))
    return tuple(sorted(found))


def follow(language: str) -> None:
    """Speak the language of a workbook from now on, where there are sentences in it; a block of `spoken` goes first."""
    _Spoken.followed = load(language) if language in shipped() else None


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


def _now() -> Language:
    return _Spoken.language or _Spoken.followed or load()


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
    return ", ".join(sorted(names)) or say("words.nothing")

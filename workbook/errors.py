"""What can go wrong. Each message says what happened, where, and what to do next."""

from __future__ import annotations

import unicodedata

_ACTING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))  # categories of characters that act and are not seen
_JOINERS = "\u200c\u200d"  # that Persian words and many emoji need between two signs


def plain(text: object) -> str:
    """Return a text as it may be shown in a terminal or on a page: nothing unseen in it acts.

    Line ends and tabs stay, and what joins two letters that are not Latin. All that came from outside passes here.
    """
    said = str(text)
    if said.isprintable():
        return said
    shown: list[str] = []
    for sign in said:
        joins = sign in _JOINERS and shown and unicodedata.category(shown[-1][-1]) in ("Lo", "Mn", "So", "Sk")
        if sign in "\n\t" or joins or unicodedata.category(sign) not in _ACTING:
            shown.append(sign)
    return "".join(shown)


def one_name(text: object) -> str:
    """Return a name as it is kept and compared: one form of each letter, one space between words, nothing unseen."""
    spaced = " ".join(unicodedata.normalize("NFKC", str(text)).split())
    return "".join(sign for sign in spaced if unicodedata.category(sign) not in _ACTING).strip()


class WorkbookError(Exception):
    """The base of every error a person may meet; its text is one or more plain sentences."""

    def __str__(self) -> str:
        return plain(super().__str__())


class DefinitionError(WorkbookError):
    """A definition has problems; `.problems` holds them all, in file order."""

    def __init__(self, problems: tuple[object, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class InvalidCondition(WorkbookError):
    """A condition cannot be read; `.faults` holds (path, value, message, cure) of each fault in it."""

    def __init__(self, faults: tuple[tuple[tuple[str | int, ...], object, str, str], ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{'.'.join(map(str, path))} {message} {cure}" for path, _, message, cure in faults))


class InvalidAnswer(WorkbookError):
    """A value does not fit its item; the answer was not saved."""


class UnknownId(WorkbookError):
    """No chapter, exercise or item has this id."""


class Closed(WorkbookError):
    """A safety rule keeps this exercise closed for now; answers already given stay readable."""


class StoreError(WorkbookError):
    """The answers could not be read or written."""


class Damaged(StoreError):
    """The file with the answers cannot be read as one; it was not changed."""


class JournalError(WorkbookError):
    """The folder is not a journal, or cannot be used as one."""


class Locked(WorkbookError):
    """The journal is locked with a passphrase, and it was not given or was wrong."""


class WeakPassphrase(WorkbookError):
    """A new passphrase is too easy to guess."""


class SealError(WorkbookError):
    """A sealed file cannot be opened or made."""


class Refused(WorkbookError):
    """A file from someone else was refused; nothing changed."""

"""Open a journal that is there, and ask for what it needs: a passphrase in a terminal, patience with a bar."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeVar

import click

from workbook import words
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from workbook.journal import Journal

T = TypeVar("T")


def given() -> str | None:
    """The passphrase from the environment, where there is no terminal to ask in."""
    return None if sys.stdin.isatty() else os.environ.get("WORKBOOK_PASSPHRASE") or None


def ask() -> str:
    return str(click.prompt(say("cli.opening.passphrase"), hide_input=True, err=True))


def choose() -> str:
    return str(
        click.prompt(say("cli.opening.new"), hide_input=True, confirmation_prompt=say("cli.opening.again"), err=True)
    )


def existing(path: Path | None) -> Journal:
    """Open a journal that is there already, asking for its passphrase: only `open` makes one."""
    return opened(folder(path), os.environ)


def locked(path: Path | None, *, as_it_is: bool = False) -> tuple[Journal, str]:
    """Open a locked journal, and return with it the passphrase that did; see `Journal.accept` for `as_it_is`."""
    from workbook import files
    from workbook.errors import JournalError
    from workbook.journal import Journal
    from workbook.storage import vault
    from workbook.storage.folder import KEYS
    from workbook.storage.lock import Lock

    found = folder(path)
    if not Lock(found / KEYS).exists:
        command = f"workbook lock --journal {files.typed(found)}"
        raise JournalError(say("cli.opening.not_locked", journal=found, command=command))
    passphrase = given() or ask()
    if as_it_is:
        vault.accept(found, passphrase)
    return _followed(Journal.open(found, passphrase=passphrase)), passphrase


def _followed(journal: Journal) -> Journal:
    """Speak from now on as the journal's workbook does."""
    words.follow(journal.workbook.language)
    return journal


def folder(path: Path | None) -> Path:
    """Return where a journal is that is there already."""
    from workbook import files
    from workbook.errors import JournalError
    from workbook.journal import find
    from workbook.storage.folder import MARK

    found = find(path)
    if not (found / MARK).exists():
        command = f"workbook open {files.typed(found)}"
        raise JournalError(say("cli.opening.none", journal=found, option="--journal", command=command))
    return found


def opened(folder: Path, environ: Mapping[str, str]) -> Journal:
    """Open a journal, asking for its passphrase until it is right; without a terminal it has to be in `environ`."""
    from workbook.errors import Locked
    from workbook.journal import Journal

    try:
        return _followed(Journal.open(folder, environ=environ))
    except Locked as locked:
        if not sys.stdin.isatty() or "WORKBOOK_PASSPHRASE" in environ:
            raise
        click.echo(str(locked), err=True)
    while True:
        try:
            return _followed(Journal.open(folder, passphrase=ask(), environ=environ))
        except Locked as wrong:
            click.echo(str(wrong), err=True)


def watched(write: Callable[[Callable[[int, int, str], None]], T]) -> T:
    """Do something that says how far it is, with a bar on a terminal."""
    if not sys.stderr.isatty():
        return write(lambda done, of, what: None)
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        return write(lambda done, of, what: bar.update(task, completed=done, total=of, description=what))

"""What a counselor's commands are given: words from files, days, and pairs of a name and a value."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.words import say

LARGEST = 1024 * 1024  # bytes of words in a file
if TYPE_CHECKING:
    from collections.abc import Iterable


_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1b]")  # in a picture, say


def from_file(ctx: click.Context, param: click.Parameter, said: Any) -> Any:
    """Read what others should not find in the list of processes or in a shell's history from a file: @FILE."""
    if isinstance(said, tuple):
        return tuple(from_file(ctx, param, one) for one in said)
    if not isinstance(said, str):
        return said
    from workbook import files  # `--help` does without

    name, equals, value = said.rpartition("=@")
    if said.startswith("@"):
        return _content(said[1:])
    return f"{files.said(name)}={_content(value)}" if equals and name else files.said(said)


def typed(ctx: click.Context, param: click.Parameter, said: str) -> str:
    """Return words as they were meant, whatever code page the terminal has."""
    from workbook import files  # as above

    return files.said(said)


def _content(path: str) -> str:
    """The words in a file of the person's own; it may be a pipe, for what another program says (`@/dev/stdin`)."""
    from workbook import files  # as above

    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        raise click.BadParameter(say("cli.not_a_text", file=path)) from None
    if len(data) > LARGEST:
        raise click.BadParameter(say("cli.too_long", file=path))
    words = files.text(data).strip()
    if _NO_TEXT.search(words):
        raise click.BadParameter(say("cli.not_a_text", file=path))
    return words


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(say("cli.not_a_day", day=text)) from None


def ids(ctx: click.Context, param: click.Parameter, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids given, each by an option of its own or several with commas between."""
    found = tuple(one.strip() for given in said for one in given.split(",") if one.strip())
    if said and not found:
        raise click.BadParameter(say("cli.no_id"))
    return found


def pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name or not value:
            raise click.UsageError(say("cli.not_a_pair", option=option, given=one))
        found[name] = value
    return found

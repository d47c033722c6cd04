"""What a counselor's commands send through a hub's mailbox, and take from it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import click

from workbook.cli import given
from workbook.cli.said import option
from workbook.errors import Refused, plain
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from workbook.sharing.caseload import Caseload
    from workbook.sharing.inbox import Outcome
    from workbook.sharing.post import Mailbox, Waiting
    from workbook.sharing.unsent import Tried

URL = option("--mailbox", metavar="URL", help="mailing.url")
TO = option("--to", metavar="NAME|@FILE", callback=given.from_file, help="mailing.to")
DISCARD = option("--discard", multiple=True, type=click.IntRange(min=0), metavar="NUMBER", help="mailing.discard")

_FOLDER = "arrived"  # beside the keys: sealed files, for as long as they are taken in


def mailbox_at(url: str | None) -> Mailbox | None:
    """Return the mailbox at an address, for the token in the environment. Raises Refused."""
    from workbook.sharing import post

    return None if url is None else post.Mailbox(url, os.environ.get(post.TOKEN, ""))


def need(what: object, option: str) -> None:
    """Refuse to begin without what goes out, a file or a mailbox, or what comes in."""
    if not what:
        raise click.UsageError(say("cli.mailing.need", option=option, other="--mailbox"))


def who(opened: Caseload, client: str, to: str | None, mailbox: Mailbox | None) -> str | None:
    """Return who a client is on the hub, as said now or before. Raises Refused when nobody said so."""
    from workbook.sharing import unsent

    if mailbox is None:
        return None
    found = to or unsent.address(opened, mailbox, client)
    if not found:
        raise Refused(say("sharing.post.which", client=plain(client), option="--to"))
    return found


@contextlib.contextmanager
def on_disk() -> Iterator[None]:
    """Let it be a file's own trouble when one cannot be written, where a store would take it for its own."""
    try:
        yield
    except OSError as problem:
        raise Refused(f"{problem.filename}: {problem.strerror}.") from None


def keep(opened: Caseload, client: str, to: str | None, mailbox: Mailbox | None, data: bytes) -> Path | None:
    """Keep a file for a client, who is `to` on the hub, until the mailbox has acknowledged it; None: goes by hand."""
    from workbook.sharing import unsent

    return None if to is None or mailbox is None else unsent.keep(opened, mailbox, client, to, data)


def send(opened: Caseload, mine: Path | None, mailbox: Mailbox | None) -> None:
    """Send a file that is kept, and those from before. Raises Refused when the mailbox did not acknowledge it."""
    from workbook.sharing import unsent

    for one in unsent.send(opened, mailbox) if mailbox else ():
        if one.why and mine is not None and one.file.name == mine.name:  # one that was put aside keeps its name
            raise Refused(_not_sent(one))
        if one.why:
            click.echo(_not_sent(one), err=True)
        elif one.file == mine:
            click.echo(say("sharing.post.sent", to=plain(one.to)))
        else:
            click.echo(say("sharing.post.earlier", to=plain(one.to)))


def _not_sent(one: Tried) -> str:
    if one.never:
        return say("sharing.post.never", why=one.why, file=one.file)
    if one.nobody:
        return say("sharing.post.nobody", why=one.why, file=one.file, option="--to")
    return say("sharing.post.not_sent", why=one.why, file=one.file)


def discard(numbers: Iterable[int], mailbox: Mailbox | None) -> None:
    """Take files off a mailbox, whatever they are. Raises NotSent for a number that is not there."""
    if mailbox is None:
        raise click.UsageError(say("cli.mailing.which", option="--mailbox"))
    for number in numbers:
        mailbox.taken(number)
        click.echo(say("cli.mailing.discarded", number=number))


@contextlib.contextmanager
def fetched(opened: Caseload, mailbox: Mailbox | None, *, alone: bool) -> Iterator[dict[Path, Waiting]]:
    """Send what was kept from before, then lend the submissions that wait in a mailbox, as files.

    They go on waiting there. Of one that cannot be fetched it is said why. Raises NotSent when there is nothing else
    (`alone`) and none could be fetched.
    """
    from workbook import files
    from workbook.sharing.post import NotSent

    send(opened, None, mailbox)
    found: dict[Path, Waiting] = {}
    lost: NotSent | None = None
    try:
        for one in mailbox.waiting() if mailbox else ():
            if mailbox is None or one.kind != "submission":
                continue
            file = opened.home / _FOLDER / f"{one.number}.submission"
            try:
                data = mailbox.fetch(one.number)
            except NotSent as problem:
                lost = problem
                click.echo(f"{named(file, {file: one})}: {problem}", err=True)
                if problem.down:
                    break
                continue
            with on_disk():
                file.parent.mkdir(exist_ok=True, mode=0o700)
                found[file] = one
                files.write(file, data)
        if lost and alone and not found:
            raise lost
        yield found
    finally:
        for file in found:
            file.unlink(missing_ok=True)


def named(file: Path, came: dict[Path, Waiting]) -> str:
    """Say which file it is; of one that came through a mailbox also from whom."""
    return say("cli.mailing.from", file=file.name, sender=came[file].sender) if file in came else plain(file.name)


def settle(outcomes: Iterable[Outcome], came: dict[Path, Waiting], mailbox: Mailbox | None) -> None:
    """Tell a mailbox what was taken in; what was refused, or waits for a yes, goes on waiting there."""
    from workbook.sharing.post import NotSent

    for one in outcomes:
        if mailbox is not None and one.file in came and one.receipt and not one.receipt.held:
            try:
                mailbox.taken(came[one.file].number)
            except NotSent as problem:  # taken in all the same; fetched again, it changes nothing
                click.echo(f"{named(one.file, came)}: {problem}", err=True)
                if problem.down:
                    return

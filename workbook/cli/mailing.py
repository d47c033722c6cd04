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
    from workbook.sharing.post import Mailbox
    from workbook.sharing.unsent import Tried

URL = option("--mailbox", metavar="URL", help="mailing.url")
TO = option("--to", metavar="NAME|@FILE", callback=given.from_file, help="mailing.to")

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
    found = to or unsent.address(opened, client)
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


def keep(opened: Caseload, client: str, to: str | None, data: bytes) -> Path | None:
    """Keep a file for a client, who is `to` on the hub, until the mailbox has acknowledged it; None: goes by hand."""
    from workbook.sharing import unsent

    if to is None:
        return None
    unsent.remember(opened, client, to)
    return unsent.keep(opened.home, to, data)


def send(opened: Caseload, mine: Path | None, mailbox: Mailbox | None) -> None:
    """Send a file that is kept, and those from before. Raises Refused when the mailbox did not acknowledge it."""
    from workbook.sharing import unsent

    for one in unsent.send(opened.home, mailbox) if mailbox else ():
        if one.file != mine:
            _tell(one)
        elif one.why:
            raise Refused(say("sharing.post.not_sent", why=one.why, file=one.file))
        else:
            click.echo(say("sharing.post.sent", to=plain(one.to)))


def send_again(home: Path, mailbox: Mailbox) -> None:
    """Send what was kept from before."""
    from workbook.sharing import unsent

    for one in unsent.send(home, mailbox):
        _tell(one)


def _tell(one: Tried) -> None:
    if one.why:
        click.echo(say("sharing.post.not_sent", why=one.why, file=one.file), err=True)
    else:
        click.echo(say("sharing.post.earlier", to=plain(one.to)))


def fetched(home: Path, mailbox: Mailbox | None) -> dict[Path, int]:
    """Return the submissions that wait in a mailbox, as files, each with its number; they go on waiting there."""
    from urllib.parse import quote

    from workbook import files

    if mailbox is None:
        return {}
    folder = home / _FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    found = {}
    for one in mailbox.waiting():
        if one.kind == "submission":
            file = folder / f"{quote(one.sender, safe='')}-{one.number}.submission"
            files.write(file, mailbox.fetch(one.number))
            found[file] = one.number
    return found


def settle(outcomes: Iterable[Outcome], came: dict[Path, int], mailbox: Mailbox | None) -> None:
    """Tell a mailbox what was taken in; what was refused, or waits for a yes, goes on waiting there."""
    for one in outcomes:
        if mailbox is not None and one.file in came and one.receipt and not one.receipt.held:
            mailbox.taken(came[one.file])
    for file in came:
        file.unlink(missing_ok=True)

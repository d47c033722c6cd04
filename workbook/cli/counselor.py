"""The counselor's commands: parse, call, print. What they do lives in `caseload`."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.cli import given, mailing
from workbook.cli.said import Command, option
from workbook.errors import Refused, plain
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.sharing.caseload import Caseload
    from workbook.sharing.inbox import Outcome

PASSPHRASE = "WORKBOOK_PASSPHRASE"  # noqa: S105 # the name of a variable
NEW_PASSPHRASE = "WORKBOOK_NEW_PASSPHRASE"  # noqa: S105 # likewise

COMMANDS: list[click.Command] = []

_ANY_PATH = click.Path(path_type=Path)


_home = option(
    "--home",
    type=_ANY_PATH,
    metavar="CASELOAD",
    default=lambda: os.environ.get("WORKBOOK_CASELOAD") or str(Path.home() / "Mend caseload"),
    help="home",
)
_store = option(
    "--store",
    metavar="URL|@FILE",
    callback=given.from_file,
    default=lambda: os.environ.get("WORKBOOK_STORE"),
    help="store",
)
_client = option("--client", required=True, metavar="NAME|@FILE", callback=given.from_file, help="client")


def _command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command whose help ends with an example that runs."""

    def made(call: Callable[..., None]) -> click.Command:
        command = click.command(cls=Command, epilog=example)(call)
        COMMANDS.append(command)
        return command

    return made


@_command("workbook keygen --home CASELOAD")
@_home
@option("--name", default="", callback=given.typed, help="keygen.name")
@option("--rotate", is_flag=True, help="keygen.rotate")
@option("--change-passphrase", is_flag=True, help="keygen.change_passphrase")
@option("--recover", type=_ANY_PATH, metavar="FILE", help="keygen.recover")
@option("--recovery-sheet", type=_ANY_PATH, metavar="FILE", help="keygen.recovery_sheet")
def keygen(
    home: Path, name: str, rotate: bool, change_passphrase: bool, recover: Path | None, recovery_sheet: Path | None
) -> None:
    """Make a counselor's keys, or renew them."""
    from workbook import files
    from workbook.sharing import client as share
    from workbook.sharing import inbox, keys

    exists = keys.is_caseload(home)
    sheet = None if recovery_sheet is None else share.new_file(recovery_sheet, "recovery-sheet.html")
    if recover is not None:
        paper, passphrase = inbox.read(recover), _new(NEW_PASSPHRASE)
        click.echo(say("cli.keygen.recovered", home=home, count=keys.recover(home, paper, passphrase)))
    elif rotate or change_passphrase or (sheet is not None and exists):
        passphrase = _passphrase()
    else:
        keys.refuse_existing(home)
        click.echo(say("sharing.keys.lost"))
        passphrase = _new(PASSPHRASE)
        keys.keygen(home, passphrase, counselor=name)
        command = f"workbook assign --home {files.typed(home)} --client A. -o a.assignment"
        click.echo(say("cli.keygen.made", home=home, command=command))
    if rotate:
        click.echo(say("cli.keygen.rotated", key=keys.rotate(home, passphrase)))
    if change_passphrase and recover is None:
        old, passphrase = passphrase, _new(NEW_PASSPHRASE)
        keys.change_passphrase(home, old, passphrase)
        click.echo(say("cli.passphrase_changed"))
    if sheet is not None:
        _write(sheet, keys.recovery_sheet(home, passphrase).encode())
        click.echo(say("cli.keygen.print"))


@_command("workbook assign --client A. --only responsibility,space --due 2027-01-15 -o a.assignment")
@_home
@_store
@_client
@option("--only", multiple=True, callback=given.ids, metavar="IDS", help="assign.only")
@option("--due", multiple=True, metavar="DAY|ID=DAY", help="assign.due")
@option("--instruction", multiple=True, callback=given.from_file, metavar="ID=TEXT", help="assign.instruction")
@option("--repeats", multiple=True, metavar="ID=HOW", help="assign.repeats")
@option("--instrument", multiple=True, type=_ANY_PATH, metavar="FILE", help="assign.instrument")
@option("--tighten", multiple=True, metavar="GATE", help="assign.tighten")
@option("--language", help="assign.language")
@option("-o", "--output", type=_ANY_PATH, help="assign.output")
@mailing.URL
@mailing.TO
def assign(
    home: Path,
    store: str | None,
    client: str,
    only: tuple[str, ...],
    due: tuple[str, ...],
    instruction: tuple[str, ...],
    repeats: tuple[str, ...],
    instrument: tuple[Path, ...],
    tighten: tuple[str, ...],
    language: str | None,
    output: Path | None,
    mailbox: str | None,
    to: str | None,
) -> None:
    """Ask a client for chapters and exercises; given again, it changes what is asked."""
    from workbook import definition
    from workbook.sharing import asking
    from workbook.sharing import client as share

    mailing.need(output or mailbox, "-o")
    box = mailing.mailbox_at(mailbox)
    file = output and share.new_file(output, "a.assignment")
    often = given.pairs("--repeats", repeats)
    own = [definition.load_instrument(path) for path in instrument]
    workbook = asking.workbook_for(language, own)
    days = {name: given.day(day) for name, day in given.pairs("--due", (d for d in due if "=" in d)).items()}
    tasks = asking.tasks_for(
        workbook,
        [*(only or asking.everything(workbook)), *(one.exercise.id for one in own)],
        due=next((given.day(day) for day in due if "=" not in day), None),
        due_each=days,
        instructions=given.pairs("--instruction", instruction),
        repeats=often,
    )
    closed = {gate: {"closed": "yes"} for gate in tighten}
    with _open(home, store) as opened:
        name = mailing.who(opened, client, to, box)
        if gone := asking.passed(tasks, opened.today()):
            click.echo(gone, err=True)
            if sys.stdin.isatty() and not click.confirm(say("cli.go_on"), default=False):
                click.echo(say("cli.nothing_changed"))
                return
        with opened.store.together():  # nothing counts as asked before it is in a file
            packed = opened.assign(client, tasks, instruments=own, tighten=closed, language=workbook.language)
            if file:
                _write(file, packed)
            mine = mailing.keep(opened, client, name, box, packed)
        mailing.send(opened, mine, box)
    asked = {"client": plain(client), "count": len(tasks)}
    click.echo(say("cli.assign.sent", **asked) if box else say("cli.assign.made", **asked))


@_command("workbook receive a.submission")
@click.argument("paths", nargs=-1, type=_ANY_PATH, metavar="PATH…")
@_home
@_store
@option("--sure", is_flag=True, help="receive.sure")
@mailing.URL
@mailing.DISCARD
def receive(
    paths: tuple[Path, ...], home: Path, store: str | None, sure: bool, mailbox: str | None, discard: tuple[int, ...]
) -> None:
    """Take in sealed answers: files, or folders of them."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from workbook.sharing import inbox

    mailing.need(paths or mailbox, "PATH")
    box = mailing.mailbox_at(mailbox)
    if discard:
        mailing.discard(discard, box)
        return
    files, more = inbox.found(paths)
    for sentence in more:
        click.echo(sentence, err=True)
    with _open(home, store) as opened, mailing.fetched(opened, box, alone=not files) as came:
        if box and not came and not files:
            click.echo(say("cli.mailing.nothing"))
            return
        files += came
        console, quiet = Console(stderr=True), not sys.stderr.isatty()
        with Progress(
            *Progress.get_default_columns(), MofNCompleteColumn(), console=console, transient=True, disable=quiet
        ) as bar:
            task = bar.add_task(say("cli.receive.receiving"), total=len(files))
            outcomes = opened.receive_many(files, lambda outcome: bar.advance(task), sure=lambda file, receipt: sure)
        if sys.stdin.isatty():
            outcomes = [_asked(opened, one) if one.receipt and one.receipt.held else one for one in outcomes]
        mailing.settle(outcomes, came, box)
    for one in outcomes:
        if one.receipt and not one.receipt.held:
            click.echo(plain(one.said))
    waiting = [one for one in outcomes if one.receipt and one.receipt.held]
    refused = [one for one in outcomes if not one.receipt and not one.passed_over]
    passed = [one for one in outcomes if one.passed_over]
    for one in (*passed, *refused, *waiting):
        click.echo(plain(f"{mailing.named(one.file, came)}: {one.said}"), err=True)
    if any(one.file in came for one in refused):
        click.echo(say("cli.mailing.discard_how", option="--discard"), err=True)
    taken = len(outcomes) - len(waiting) - len(refused) - len(passed)
    if passed:
        click.echo(say("cli.receive.passed", count=len(passed)), err=True)
    if waiting:
        click.echo(say("cli.receive.waiting", count=len(waiting), option="--sure"), err=True)
    if refused or (waiting and not taken):
        raise click.ClickException(say("cli.receive.refused", count=len(refused) + len(waiting), of=len(files)))
    if not taken:
        raise click.ClickException(say("cli.receive.none"))


def _asked(opened: Caseload, outcome: Outcome) -> Outcome:
    """Ask at the terminal about a file that waits for a yes."""
    from workbook.sharing import inbox

    click.echo(plain(f"{outcome.file.name}: {outcome.said}"))
    if not click.confirm(say("cli.asked_them"), default=False):
        return outcome
    receipt = opened.receive(inbox.read(outcome.file), sure=True)
    return inbox.Outcome(outcome.file, receipt, str(receipt))


@_command('workbook reply --client A. --comment responsibility.incident.my_part="Thank you." -o a.feedback')
@_home
@_store
@_client
@option("--comment", multiple=True, callback=given.from_file, metavar="ITEM=TEXT", help="reply.comment")
@option("--words", callback=given.from_file, metavar="TEXT|@FILE", help="reply.words")
@option("--assignment", type=_ANY_PATH, metavar="FILE", help="reply.assignment")
@option("-o", "--output", type=_ANY_PATH, help="reply.output")
@mailing.URL
@mailing.TO
def reply(
    home: Path,
    store: str | None,
    client: str,
    comment: tuple[str, ...],
    words: str | None,
    assignment: Path | None,
    output: Path | None,
    mailbox: str | None,
    to: str | None,
) -> None:
    """Seal comments, and a reply to the whole, to a client."""
    from workbook.sharing import client as share
    from workbook.sharing import inbox

    mailing.need(output or mailbox, "-o")
    box = mailing.mailbox_at(mailbox)
    file = output and share.new_file(output, "a.feedback")
    with _open(home, store) as opened:
        name = mailing.who(opened, client, to, box)
        said = given.pairs("--comment", comment)
        with opened.store.together():  # nothing counts as said before it is in a file
            for item, text in said.items():
                opened.comment(client, item, text)
            sealed = opened.reply(client, words, assignment=inbox.read(assignment) if assignment else None)
            if file:
                _write(file, sealed)
            mine = mailing.keep(opened, client, name, box, sealed)
        mailing.send(opened, mine, box)
    click.echo(say("cli.reply.only", client=plain(client)))


@_command("workbook mailbox --store postgresql://mailbox@localhost/mailbox")
@option(
    "--store",
    metavar="URL|@FILE",
    required=True,
    callback=given.from_file,
    default=lambda: os.environ.get("WORKBOOK_STORE"),
    help="mailbox.store",
)
@option("--counselors", metavar="GROUP", default="counselors", show_default=True, help="mailbox.counselors")
def mailbox(store: str, counselors: str) -> None:
    """Carry sealed files between the people of a JupyterHub, which runs this itself."""
    from workbook import files
    from workbook.jupyter import mailbox as service

    files.forbid_dumps()
    service.serve(store, counselors, os.environ)


_ABOUT_ONE = ("--words", "--summary", "--export", "--keep-until", "--revoke", "--erase")


@_command("workbook caseload --home CASELOAD")
@_home
@_store
@option("--client", metavar="NAME|@FILE", callback=given.from_file, help="caseload.client")
@option("--words", is_flag=True, help="caseload.words")
@option("--summary", type=_ANY_PATH, metavar="FILE", help="caseload.summary")
@option("--export", "copy", type=_ANY_PATH, metavar="FILE", help="caseload.export")
@option("--keep-until", type=given.day, metavar="DAY", help="caseload.keep_until")
@option("--revoke", is_flag=True, help="caseload.revoke")
@option("--erase", is_flag=True, help="caseload.erase")
@option("--list", "listed", is_flag=True, help="caseload.list")
@option("--audit", is_flag=True, help="caseload.audit")
@option("--port", type=click.IntRange(1, 65535), help="caseload.port")
@option("--no-browser", is_flag=True, help="caseload.no_browser")
@mailing.URL
def caseload(
    home: Path,
    store: str | None,
    client: str | None,
    words: bool,
    summary: Path | None,
    copy: Path | None,
    keep_until: date | None,
    revoke: bool,
    erase: bool,
    listed: bool,
    audit: bool,
    port: int | None,
    no_browser: bool,
    mailbox: str | None,
) -> None:
    """Open the caseload in the browser, or do one thing with it."""
    about_one = any((words, summary, copy, keep_until, revoke, erase))
    if client is None and about_one:
        raise click.UsageError(say("cli.caseload.which", option="--client NAME"))
    if client is not None and not about_one:
        raise click.UsageError(say("cli.caseload.do", options=", ".join(_ABOUT_ONE[:-1]), last=_ABOUT_ONE[-1]))
    if client is not None:
        with _open(home, store) as opened:
            if words:
                click.echo(" ".join(opened.words(client)) or say("cli.caseload.nothing_came", client=plain(client)))
            _do(opened, client, summary, copy, keep_until, revoke, erase)
    elif listed or audit:
        with _open(home, store) as opened:
            click.echo(_table(opened.overview() if listed else opened.audit()))
            if opened.unclaimed:
                click.echo(say("storage.owners.unclaimed", count=opened.unclaimed, owner=opened.store.owner), err=True)
    else:
        _serve(home, store, port, mailbox, browser=not no_browser)


def _do(
    opened: Caseload,
    client: str,
    summary: Path | None,
    copy: Path | None,
    keep_until: date | None,
    revoke: bool,
    erase: bool,
) -> None:
    from workbook import dates
    from workbook.sharing import client as share

    if summary is not None:
        _write(share.new_file(summary, "session.html"), opened.summary(client).encode())
    if copy is not None:
        record = json.dumps(opened.record_of(client), ensure_ascii=False, indent=1)
        _write(share.new_file(copy, "record.json"), record.encode())
    if keep_until is not None:
        opened.keep_until(client, keep_until)
        passed = "_past" if keep_until < opened.today() else ""
        click.echo(say(f"cli.caseload.reminded{passed}", client=plain(client), day=dates.day(keep_until)))
    if revoke:
        gone = opened.revoke(client)
        click.echo(say("cli.caseload.revoked", client=plain(client)))
        if gone:
            click.echo(say("cli.caseload.withdrawn", count=gone))
    if erase:
        sure = not sys.stdin.isatty() or click.confirm(say("cli.caseload.erase_sure", client=plain(client)))
        if not sure:
            click.echo(say("cli.nothing_changed"))
            return
        left = opened.erase(client)
        click.echo(say("cli.caseload.erased", client=plain(client), left=left))


def _serve(home: Path, store: str | None, port: int | None, mailbox: str | None, *, browser: bool) -> None:
    from workbook.jupyter import lab, notebooks
    from workbook.sharing import keys, letters

    mailbox = mailbox or os.environ.get(letters.ADDRESS, "")
    mailing.mailbox_at(mailbox or None)  # what is wrong with its address or the token is said before a page opens
    pages = home / keys.PAGES  # beside the keys, so that the page's list of files shows none of them
    pages.mkdir(parents=True, exist_ok=True, mode=0o700)
    (pages / notebooks.CASELOAD).write_text(notebooks.caseload(), encoding="utf-8", newline="\n")
    os.environ.pop(PASSPHRASE, None)  # the page asks
    environment = {"WORKBOOK_CASELOAD": str(home.absolute()), "WORKBOOK_STORE": store or "", letters.ADDRESS: mailbox}
    lab.serve(
        pages,
        notebooks.contents(pages),
        notebooks.harmless(pages),
        start=notebooks.CASELOAD,
        port=port,
        browser=browser,
        ahead=1,  # it has one page
        environment=environment,
        say=click.echo,
    )


def _open(home: Path, store: str | None) -> Caseload:
    from workbook import files
    from workbook.sharing import caseload, keys

    keys.refuse_missing(home)
    files.forbid_dumps()
    return caseload.open_caseload(home, _passphrase(), store=store)


def _passphrase() -> str:
    if sys.stdin.isatty():
        return str(click.prompt(say("cli.caseload.passphrase"), hide_input=True, err=True))
    return _told(PASSPHRASE)


def _new(variable: str) -> str:
    if sys.stdin.isatty():
        again = say("cli.opening.again")
        return str(click.prompt(say("cli.opening.new"), hide_input=True, confirmation_prompt=again, err=True))
    return _told(variable)


def _told(variable: str) -> str:
    passphrase = os.environ.get(variable)
    if not passphrase:
        raise Refused(say("cli.no_terminal", variable=variable))
    return passphrase


def _write(file: Path, data: bytes) -> None:
    """Write a new file for its owner only; half of one does not stay. Raises Refused."""
    try:
        made = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise Refused(say("files.unwritten", file=file, problem=problem.strerror)) from None
    try:
        with os.fdopen(made, "wb") as out:
            out.write(data)
    except OSError as problem:
        file.unlink(missing_ok=True)
        raise Refused(say("files.unwritten", file=file, problem=problem.strerror)) from None
    click.echo(say("cli.written", file=file))


def _table(table: Any) -> str:
    """A table as plain text, without the ids nobody types; a scale is called by its title."""
    from workbook.definition import overlay

    if table.empty:
        return say("cli.table.nothing")
    scales = {scale.id: scale.title for scale in overlay.spoken().scales}
    spare = [] if "damaged" not in table or table["damaged"].any() else ["damaged"]
    shown = table.drop(columns=["id", "since", *spare], errors="ignore")
    heads = {name: scales[name] if name in scales else say(f"cli.table.{name}") for name in shown}
    for name in shown:
        said = "assessment.verdicts." if name in scales else "page.caseload.what_" if name == "what" else ""
        shown[name] = [_word(value, said) for value in shown[name]]
    return plain(shown.rename(columns=heads).to_string(index=False))


def _here(at: datetime) -> datetime:
    """A moment by the clock on the wall; a table's own kind of time has another idea of what “here” is."""
    return datetime.fromtimestamp(at.timestamp(), UTC).astimezone()


def _word(value: object, said: str) -> str:
    """One cell; `said` is the path below which a sentence stands for each value."""
    if isinstance(value, bool):
        return say("cli.table.yes") if value else ""
    if isinstance(value, datetime):
        return "" if value != value else f"{_here(value):%Y-%m-%d %H:%M}"
    if value is None or value != value:
        return ""
    return say(f"{said}{value}") if said else str(value)

"""The counselor's commands: parse, call, print. What they do lives in `caseload`."""

from __future__ import annotations

import json
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.errors import Refused, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbook.sharing.caseload import Caseload
    from workbook.sharing.inbox import Outcome

PASSPHRASE = "WORKBOOK_PASSPHRASE"  # noqa: S105 # the name of a variable
NEW_PASSPHRASE = "WORKBOOK_NEW_PASSPHRASE"  # noqa: S105 # likewise

COMMANDS: list[click.Command] = []

_ANY_PATH = click.Path(path_type=Path)


def _from_file(ctx: click.Context, param: click.Parameter, said: Any) -> Any:
    """Read what others should not find in the list of processes or in a shell's history from a file: @FILE."""
    if isinstance(said, tuple):
        return tuple(_from_file(ctx, param, one) for one in said)
    if not isinstance(said, str):
        return said
    name, equals, value = said.rpartition("=@")
    if said.startswith("@"):
        return _content(said[1:])
    return f"{name}={_content(value)}" if equals and name else said


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise click.BadParameter(f"“{path}” cannot be read as a text. Write @ and the name of a text file.") from None


_home = click.option(
    "--home",
    type=_ANY_PATH,
    metavar="CASELOAD",
    default=lambda: os.environ.get("WORKBOOK_CASELOAD") or str(Path.home() / "Mend caseload"),
    help="The caseload's folder [default: $WORKBOOK_CASELOAD or ~/Mend caseload].",
)
_store = click.option(
    "--store",
    metavar="URL|@FILE",
    callback=_from_file,
    default=lambda: os.environ.get("WORKBOOK_STORE"),
    help="A PostgreSQL server instead of a file: postgresql://… [default: $WORKBOOK_STORE].",
)
_client = click.option(
    "--client", required=True, metavar="NAME|@FILE", callback=_from_file, help="The client's pseudonym."
)


def _command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command whose help ends with an example that runs."""

    def made(call: Callable[..., None]) -> click.Command:
        command = click.command(epilog=f"Example: {example}")(call)
        COMMANDS.append(command)
        return command

    return made


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"“{text}” is not a day. Write it like 2027-01-15.") from None


@_command("workbook keygen --home CASELOAD")
@_home
@click.option("--name", default="Your counselor", show_default=True, help="How clients see you.")
@click.option("--rotate", is_flag=True, help="Make a new key; the old ones still open what was sealed for them.")
@click.option("--change-passphrase", is_flag=True, help="Choose another passphrase.")
@click.option("--recover", type=_ANY_PATH, metavar="FILE", help="Choose a new passphrase with the recovery sheet.")
@click.option("--recovery-sheet", type=_ANY_PATH, metavar="FILE", help="Write the page that opens all of it, to print.")
def keygen(
    home: Path, name: str, rotate: bool, change_passphrase: bool, recover: Path | None, recovery_sheet: Path | None
) -> None:
    """Make a counselor's keys, or renew them."""
    from workbook.sharing import client as share
    from workbook.sharing import keys

    exists = keys.is_caseload(home)
    sheet = None if recovery_sheet is None else share.new_file(recovery_sheet, "recovery-sheet.html")
    if recover is not None:
        count = keys.recover(home, recover.read_bytes(), _new(NEW_PASSPHRASE))
        click.echo(f"{home} opens with the new passphrase. It holds {count} key{'s' if count > 1 else ''}.")
        return
    renew = rotate or change_passphrase or (sheet is not None and exists)
    if not renew:
        keys.refuse_existing(home)
        click.echo(keys.LOST_KEY)
    passphrase = _passphrase() if renew else _new(PASSPHRASE)
    if not renew:
        keys.keygen(home, passphrase, counselor=name)
        click.echo(f"The keys are made, in {home}. Next: workbook assign --home {home} --client A. -o a.assignment")
    elif rotate:
        public = keys.rotate(home, passphrase)
        click.echo(f"The new key is {public}. Send each client a new assignment, so that they seal for it.")
    elif change_passphrase:
        old, passphrase = passphrase, _new(NEW_PASSPHRASE)
        keys.change_passphrase(home, old, passphrase)
        click.echo("The passphrase is changed.")
    if sheet is not None:
        _write(sheet, keys.recovery_sheet(home, passphrase).encode())
        click.echo("Print it, delete the file, and keep the paper where only you can reach it.")


@_command("workbook assign --client A. --only responsibility,space --due 2027-01-15 -o a.assignment")
@_home
@_store
@_client
@click.option("--only", metavar="IDS", help="Chapters and exercises, in order, with commas [default: all].")
@click.option("--due", multiple=True, metavar="DAY|ID=DAY", help="By when: all of it, or one exercise.")
@click.option(
    "--instruction", multiple=True, callback=_from_file, metavar="ID=TEXT", help="Your words to one exercise."
)
@click.option("--repeats", multiple=True, metavar="ID=HOW", help="once, daily, weekly, monthly or any.")
@click.option("--instrument", multiple=True, type=_ANY_PATH, metavar="FILE", help="A questionnaire of your own.")
@click.option("--tighten", multiple=True, metavar="GATE", help="Keep this safety rule closed whatever is answered.")
@click.option("--language", default="en", show_default=True, help="The workbook's language.")
@click.option("-o", "--output", type=_ANY_PATH, required=True, help="The file to write, such as a.assignment.")
def assign(
    home: Path,
    store: str | None,
    client: str,
    only: str | None,
    due: tuple[str, ...],
    instruction: tuple[str, ...],
    repeats: tuple[str, ...],
    instrument: tuple[Path, ...],
    tighten: tuple[str, ...],
    language: str,
    output: Path,
) -> None:
    """Ask a client for chapters and exercises; given again, it changes what is asked."""
    from workbook import definition
    from workbook.sharing import asking
    from workbook.sharing import client as share

    file = share.new_file(output, "a.assignment")
    often = _pairs("--repeats", repeats)
    own = [definition.load_instrument(path) for path in instrument]
    workbook = asking.workbook_for(language, own)
    days = {name: _day(day) for name, day in _pairs("--due", (d for d in due if "=" in d)).items()}
    tasks = asking.tasks_for(
        workbook,
        [one.strip() for one in only.split(",")] if only else asking.everything(workbook),
        due=next((_day(day) for day in due if "=" not in day), None),
        due_each=days,
        instructions=_pairs("--instruction", instruction),
        repeats=often,
    )
    closed = {gate: {"closed": "yes"} for gate in tighten}
    with _open(home, store) as opened:
        packed = opened.assign(client, tasks, instruments=own, tighten=closed, language=language)
        _write(file, packed)
    click.echo(f"It asks {plain(client)} for {_count(len(tasks), 'exercise')}. Give them the file in your own way.")


@_command("workbook receive a.submission")
@click.argument("paths", nargs=-1, required=True, type=_ANY_PATH, metavar="PATH…")
@_home
@_store
@click.option(
    "--sure", is_flag=True, help="Yes to what waits for one: a new key, much taken back. Ask the client first."
)
def receive(paths: tuple[Path, ...], home: Path, store: str | None, sure: bool) -> None:
    """Take in sealed answers: files, or folders of them."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from workbook.sharing import inbox

    files = inbox.found(paths)
    with _open(home, store) as opened:
        with Progress(
            *Progress.get_default_columns(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
        ) as bar:
            task = bar.add_task("Receiving", total=len(files))
            outcomes = opened.receive_many(files, lambda outcome: bar.advance(task), sure=lambda file, receipt: sure)
        if sys.stdin.isatty():
            outcomes = [_asked(opened, one) if one.receipt and one.receipt.held else one for one in outcomes]
    for one in outcomes:
        if one.receipt and not one.receipt.held:
            click.echo(plain(one.said))
    waiting = [one for one in outcomes if one.receipt and one.receipt.held]
    refused = [one for one in outcomes if not one.receipt and not one.passed_over]
    passed = [one for one in outcomes if one.passed_over]
    for one in (*passed, *refused, *waiting):
        click.echo(plain(f"{one.file.name}: {one.said}"), err=True)
    taken = len(outcomes) - len(waiting) - len(refused) - len(passed)
    if passed:
        click.echo(
            f"Passed over: {_count(len(passed), 'file')} that {'is' if len(passed) == 1 else 'are'} no submission.",
            err=True,
        )
    if waiting:
        click.echo(
            f"Waiting for your yes: {_count(len(waiting), 'file')}. After you asked the client: --sure", err=True
        )
    if refused or (waiting and not taken):
        raise click.ClickException(
            f"{_count(len(refused) + len(waiting), 'file')} of {len(files)} could not be taken in."
        )
    if not taken:
        raise click.ClickException("There is no submission here. Nothing was changed.")


def _asked(opened: Caseload, outcome: Outcome) -> Outcome:
    """Ask at the terminal about a file that waits for a yes."""
    from workbook.sharing import inbox

    click.echo(plain(f"{outcome.file.name}: {outcome.said}"))
    if not click.confirm("Did you ask them, and is it so?", default=False):
        return outcome
    receipt = opened.receive(inbox.read(outcome.file), sure=True)
    return inbox.Outcome(outcome.file, receipt, str(receipt))


@_command('workbook reply --client A. --comment responsibility.incident.my_part="Thank you." -o a.feedback')
@_home
@_store
@_client
@click.option(
    "--comment", multiple=True, callback=_from_file, metavar="ITEM=TEXT", help="Your words beside one answer."
)
@click.option("--words", callback=_from_file, metavar="TEXT|@FILE", help="Your words to the whole.")
@click.option("--assignment", type=_ANY_PATH, metavar="FILE", help="A changed assignment to send along.")
@click.option("-o", "--output", type=_ANY_PATH, required=True, help="The file to write, such as a.feedback.")
def reply(
    home: Path,
    store: str | None,
    client: str,
    comment: tuple[str, ...],
    words: str | None,
    assignment: Path | None,
    output: Path,
) -> None:
    """Seal comments, and a reply to the whole, to a client."""
    from workbook.sharing import client as share

    file = share.new_file(output, "a.feedback")
    with _open(home, store) as opened:
        for item, text in _pairs("--comment", comment).items():
            opened.comment(client, item, text)
        sealed = opened.reply(client, words, assignment=assignment.read_bytes() if assignment else None)
        _write(file, sealed)
    click.echo(f"Only {plain(client)} can open it.")


@_command("workbook caseload --home CASELOAD")
@_home
@_store
@click.option("--client", metavar="NAME|@FILE", callback=_from_file, help="The client the options below are about.")
@click.option("--words", is_flag=True, help="Print the six words to compare with them.")
@click.option("--summary", type=_ANY_PATH, metavar="FILE", help="Write one page for the session, to print.")
@click.option("--export", "copy", type=_ANY_PATH, metavar="FILE", help="Write all that is kept about them, as JSON.")
@click.option("--keep-until", type=_day, metavar="DAY", help="Be reminded to erase them after this day.")
@click.option("--revoke", is_flag=True, help="Take in nothing more from them; what they sent stays.")
@click.option("--erase", is_flag=True, help="Remove all that is kept about them.")
@click.option("--list", "listed", is_flag=True, help="Print the clients: due, done, overdue, new.")
@click.option("--audit", is_flag=True, help="Print what was assigned, received and erased; no content.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to use [default: the first free one].")
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
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
) -> None:
    """Open the caseload in the browser, or do one thing with it."""
    about_one = any((words, summary, copy, keep_until, revoke, erase))
    if client is None and about_one:
        raise click.UsageError("Say which client, with --client NAME.")
    if client is not None and not about_one:
        raise click.UsageError("Say what to do: --words, --summary, --export, --keep-until, --revoke or --erase.")
    if client is not None:
        with _open(home, store) as opened:
            if words:
                click.echo(" ".join(opened.words(client)) or f"Nothing has come from {plain(client)} yet.")
            _do(opened, client, summary, copy, keep_until, revoke, erase)
    elif listed or audit:
        with _open(home, store) as opened:
            click.echo(_table(opened.overview() if listed else opened.audit()))
    else:
        _serve(home, store, port, browser=not no_browser)


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
        click.echo(f"You will be reminded to erase {plain(client)} after {dates.day(keep_until)}.")
    if revoke:
        opened.revoke(client)
        click.echo(f"Nothing more is taken in from {plain(client)}. What they sent is still here.")
    if erase:
        sure = not sys.stdin.isatty() or click.confirm(
            f"Remove all that is kept about {plain(client)}? This cannot be undone"
        )
        if not sure:
            click.echo("Nothing was changed.")
            return
        left = opened.erase(client)
        click.echo(
            f"{plain(client)} is erased. {left} of their records are left. Backups made by other programs are not."
        )


def _serve(home: Path, store: str | None, port: int | None, *, browser: bool) -> None:
    from workbook.jupyter import lab, notebooks

    pages = home / "pages"  # beside the keys, so that the page's list of files shows none of them
    pages.mkdir(parents=True, exist_ok=True, mode=0o700)
    (pages / notebooks.CASELOAD).write_text(notebooks.caseload(), encoding="utf-8", newline="\n")
    os.environ.pop(PASSPHRASE, None)  # the page asks
    environment = {"WORKBOOK_CASELOAD": str(home.absolute()), "WORKBOOK_STORE": store or ""}
    lab.serve(
        pages,
        notebooks.contents(pages),
        notebooks.harmless(pages),
        start=notebooks.CASELOAD,
        port=port,
        browser=browser,
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
        return str(click.prompt("Passphrase of the caseload", hide_input=True, err=True))
    return _told(PASSPHRASE)


def _new(variable: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt("New passphrase", hide_input=True, confirmation_prompt="Once more", err=True))
    return _told(variable)


def _told(variable: str) -> str:
    passphrase = os.environ.get(variable)
    if not passphrase:
        raise Refused(f"There is no terminal to ask for the passphrase. Put it in {variable}.")
    return passphrase


def _pairs(option: str, given: Iterable[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name or not value:
            raise click.UsageError(f"{option} needs a name, “=” and a value. This was “{one}”.")
        found[name] = value
    return found


def _write(file: Path, data: bytes) -> None:
    """Write a new file for its owner only."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    click.echo(f"Written: {file}")


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _table(table: Any) -> str:
    """A table as plain text, without the ids nobody types."""
    if table.empty:
        return "Nothing yet."
    shown = table.drop(columns=["id", "since"], errors="ignore")
    for name in shown:
        shown[name] = [_word(value) for value in shown[name]]
    return plain(shown.to_string(index=False))


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return "" if value != value else f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None or value != value else str(value)

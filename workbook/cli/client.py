"""Parse, call, print. What a command does lives in the module it calls."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeVar

import click

from workbook import words
from workbook.cli import given, opening
from workbook.cli.frame import ANY_PATH, JOURNAL, Commands, columns
from workbook.cli.said import Command, option
from workbook.errors import Refused, plain
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


T = TypeVar("T")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "terminal_width": columns()})
@click.version_option(package_name="mend-workbook", prog_name="workbook")
def main() -> None:
    """A reflective workbook for someone who has lost a relationship."""


def _command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command whose help ends with an example that runs."""
    return main.command(cls=Command, epilog=example)


_LOCK_AFTER = option("--lock-after", type=click.FloatRange(0, min_open=True), metavar="MINUTES", help="open.lock_after")


@_command("workbook open")
@click.argument("path", required=False, type=ANY_PATH, metavar="[JOURNAL|FILE]")
@JOURNAL
@option("--port", type=click.IntRange(1, 65535), help="open.port")
@option("--no-browser", is_flag=True, help="open.no_browser")
@option("--plain", "editor", is_flag=True, help="open.plain")
@option("--sure", is_flag=True, help="open.sure")
@_LOCK_AFTER
@option("--ahead", type=click.IntRange(0, 2), metavar="PAGES", help="open.ahead")
def open(
    path: Path | None,
    journal_path: Path | None,
    port: int | None,
    no_browser: bool,
    editor: bool,
    sure: bool,
    lock_after: float | None,
    ahead: int | None,
) -> None:
    """Open a journal in the browser, made the first time; a counselor's file is taken in first."""
    from workbook.jupyter import places

    places.clear()
    from datetime import timedelta

    from workbook import files
    from workbook.journal import find
    from workbook.jupyter import lab, notebooks
    from workbook.storage import keeper as keepers

    if path is not None and not path.exists() and (journal_path is not None or _is_called_a_file(path)):
        raise Refused(say("cli.open.no_file", file=plain(path)))
    file = path if path is not None and path.exists() and not path.is_dir() else None
    folder = find(journal_path or (None if file else path)).absolute()
    files.forbid_dumps()
    with keepers.Keeper(idle=timedelta(minutes=lock_after) if lock_after else keepers.IDLE) as keeper:
        environ = {**os.environ, **keeper.environment}
        if file is not None and not _take_in(file, folder, environ, sure=sure):
            click.echo(say("cli.nothing_changed"))
            return
        _bring_up_to_date(folder, environ)
        os.environ.pop("WORKBOOK_PASSPHRASE", None)  # kernels ask the keeper, and have no use for it
        lab.serve(
            folder,
            notebooks.contents(folder),
            notebooks.harmless(folder),
            port=port,
            browser=not no_browser,
            plain=editor,
            ahead=ahead,
            environment={"WORKBOOK_HOME": str(folder), **keeper.environment},
            say=click.echo,
        )


_FILES = ("assignment", "feedback", "submission")  # what people hand each other
_OTHER_FILES = {"bin", "csv", "eml", "gz", "htm", "html", "ipynb", "json", "pdf", "txt", "xlsx", "yaml", "yml", "zip"}


def _is_called_a_file(path: Path) -> bool:
    """Say whether a name that is not there was meant as a file's: one mistyped must not become a new journal."""
    from difflib import get_close_matches

    endings = [ending[1:].lower() for ending in path.with_name(path.name.rstrip(". ") or path.name).suffixes]
    return any(ending in _OTHER_FILES or get_close_matches(ending, _FILES, cutoff=0.8) for ending in endings)


def _bring_up_to_date(folder: Path, environ: Mapping[str, str]) -> None:
    """Open a journal once, made the first time, and write the notebooks that it asks with."""
    from workbook.definition import overlay
    from workbook.errors import Locked
    from workbook.jupyter import notebooks

    try:
        with opening.opened(folder, environ) as journal:
            for warning in journal.warnings:
                click.echo(plain(warning))
            for mine in notebooks.refresh(journal.workbook, folder):
                click.echo(say("cli.open.kept", file=mine.name))
    except Locked:  # nobody to ask here: the page asks
        if not notebooks.contents(folder):
            notebooks.refresh(overlay.shipped(words.ENGLISH), folder)  # a copy of a journal may hold its answers alone


@_command("workbook hub")
@JOURNAL
@_LOCK_AFTER
def hub(journal_path: Path | None, lock_after: float | None) -> None:
    """Open a journal for one person of a JupyterHub, which runs this itself."""
    from workbook.jupyter import places

    places.clear(places.of_hub())
    import threading
    from datetime import timedelta

    from workbook import files
    from workbook.journal import find
    from workbook.jupyter import hub as hubs
    from workbook.jupyter import notebooks
    from workbook.sharing import letters
    from workbook.storage import keeper as keepers

    hubs.refuse_elsewhere()
    os.environ[words.PLACE] = words.HUB
    folder = find(journal_path).absolute()
    hubs.refuse_mounted(folder)
    mailbox = letters.here()
    try:
        hubs.refuse_empty(folder, mailbox)
    except hubs.Gone as gone:
        click.echo(str(gone), err=True)  # for whoever looks after the hub; the page says nothing of anyone
        hubs.tell()
        return
    files.forbid_dumps()
    with keepers.Keeper(idle=timedelta(minutes=lock_after) if lock_after else keepers.IDLE) as keeper:
        _bring_up_to_date(folder, {**os.environ, **keeper.environment})
        os.environ.pop("WORKBOOK_PASSPHRASE", None)  # as in `open`
        threading.Thread(target=hubs.remember, args=(folder, mailbox), daemon=True).start()  # nobody waits for it
        hubs.serve(
            folder,
            notebooks.contents(folder),
            notebooks.harmless(folder),
            environment={"WORKBOOK_HOME": str(folder), **keeper.environment},
        )


def _take_in(file: Path, folder: Path, environ: Mapping[str, str], *, sure: bool) -> bool:
    """Say what a counselor's file would change, ask, and take it in; without a terminal, naming it was the answer."""
    import tempfile
    from pathlib import Path

    from workbook.journal import Journal, open_journal
    from workbook.jupyter import notebooks
    from workbook.sharing import client as sharing
    from workbook.sharing import inbox
    from workbook.storage.folder import MARK

    data = inbox.read(file)
    if (folder / MARK).exists():
        with opening.opened(folder, environ) as journal:
            brought = sharing.given(journal, data)
            if not _agreed((*brought.lines, *brought.words), brought.ask, sure=sure):
                return False
            brought.accept(sure=True)
            notebooks.refresh(journal.workbook, folder)
        return True
    with tempfile.TemporaryDirectory() as nowhere, Journal.create(Path(nowhere) / "journal") as journal:
        lines = sharing.given(journal, data).lines  # judged before there is a journal at all
    if not _agreed((*lines, say("cli.open.new_journal", folder=folder))):
        return False
    with open_journal(folder) as journal:
        brought = sharing.given(journal, data)
        brought.accept()
        for line in brought.words:  # a new journal has its key only now
            click.echo(plain(line))
    return True


def _agreed(lines: Sequence[str], ask: str = "", *, sure: bool = False) -> bool:
    """Show what would change and ask; what needs a second yes never has it by naming a file."""
    for line in lines:
        click.echo(plain(line))
    if ask:
        click.echo(plain(ask))
        return sure or (sys.stdin.isatty() and click.confirm(say("cli.asked_them"), default=False))
    return not sys.stdin.isatty() or click.confirm(say("cli.go_on"), default=True)


_INCLUDE = "--include responsibility.incident"


@_command(f"workbook share {_INCLUDE} -o a.submission")
@JOURNAL
@option("--include", multiple=True, callback=given.ids, metavar="ID", help="share.include")
@option("--withdraw", multiple=True, callback=given.ids, metavar="ID", help="share.withdraw")
@option("--gates", is_flag=True, help="share.gates")
@option("--everything", is_flag=True, help="share.everything")
@option("--words", is_flag=True, help="share.words")
@option("-o", "--output", type=ANY_PATH, help="share.output")
def share(
    journal_path: Path | None,
    include: tuple[str, ...],
    withdraw: tuple[str, ...],
    gates: bool,
    everything: bool,
    words: bool,
    output: Path | None,
) -> None:
    """Seal chosen answers into a file that only your counselor can open."""
    from workbook.sharing import client as sharing

    if words:
        with opening.existing(journal_path) as journal:
            click.echo(" ".join(sharing.words(journal)) or say("cli.share.no_counselor"))
        return
    if output is None:
        raise click.UsageError(say("cli.share.which_file", option="-o FILE"))
    with opening.existing(journal_path) as journal:
        ticked = sharing.chosen(journal, include, withdraw)
        gone = sharing.taking_back(journal, withdraw)
        chosen = sharing.submission(
            journal, ticked, now=journal.now(), take_back=gone, with_gates=gates, everything=everything
        )
        seen = sharing.preview(journal, chosen)
        if not (chosen.answers or seen.taken_back or seen.gates):
            raise Refused(say("cli.share.nothing_new", option="--include", example=_INCLUDE))
        file = sharing.write_submission(journal, chosen, sharing.new_file(output, "a.submission"))
        for line in sharing.contents(journal.workbook, seen):
            click.echo(plain(line))
    click.echo(say("cli.share.written", file=file, size=f"{file.stat().st_size:,}"))


@_command("workbook check data/workbook")
@click.argument("path", type=ANY_PATH, required=False)
@option("--coverage", is_flag=True, help="check.coverage")
@option("--minutes", is_flag=True, help="check.minutes")
@option("--review", is_flag=True, help="check.review")
@option("--against", type=ANY_PATH, metavar="JOURNAL", help="check.against")
@option("--words", "spoken", metavar="LANGUAGE", help="check.words")
def check(
    path: Path | None, coverage: bool, minutes: bool, review: bool, against: Path | None, spoken: str | None
) -> None:
    """Check a definition and print every problem at once."""
    from workbook import definition

    if spoken is not None:
        return _check_words(spoken)
    if path is None:
        raise click.UsageError(say("cli.check.what", example="data/workbook", option="--words"))
    problems = definition.check(path)
    if not problems and path.is_dir():
        from workbook.definition import overlay

        problems = overlay.check(definition.load(path), path)
    if problems:
        _stop_at(problems, say("cli.check.problems", path=path, count=len(problems)))
    elif coverage:
        from workbook.safety import coverage as statements

        click.echo(plain(statements.table(definition.load(path))))
    elif minutes:
        from workbook.definition import minutes as counting

        for one in counting.minutes(definition.load(path)):
            click.echo(plain(one))
    elif review:
        from workbook.safety import judgements

        for judgement in judgements.review(path):
            click.echo(plain(judgement))
    elif against is not None:
        _check_against(path, against)
    else:
        click.echo(say("cli.check.no_problems", path=path))


def _check_words(spoken: str) -> None:
    from pathlib import Path

    from workbook import files, words
    from workbook.definition.reading import LARGEST

    file = Path(spoken)
    language = words.read(file, files.read(file, LARGEST)) if file.suffix == ".yaml" else words.load(spoken)
    found = words.lacks(language)
    if found:
        _stop_at(found, say("cli.check.differs", language=spoken, count=len(found)))
    click.echo(say("cli.check.whole", language=spoken))


def _check_against(path: Path, journal_path: Path) -> None:
    from workbook import definition
    from workbook.definition import drift

    with opening.existing(journal_path) as journal:
        changes = drift.compare(journal.store.history(), definition.load(path))
    breaking = [change for change in changes if change.severity == "breaking"]
    for change in changes:
        if change.severity != "breaking":
            click.echo(plain(change))
    if breaking:
        _stop_at(breaking, say("cli.check.breaking", path=path, count=len(breaking), journal=journal_path))
    click.echo(say("cli.check.keeps", path=path, journal=journal_path))


def _stop_at(found: Sequence[object], sentence: str) -> None:
    """Print what was found, then stop with how many there are."""
    for one in found:
        click.echo(plain(one))
        if pointed := getattr(one, "pointed", ""):
            click.echo(plain(pointed))
    raise click.ClickException(sentence)


@_command("workbook report -o mend.html")
@JOURNAL
@option("-o", "--output", type=ANY_PATH, default="mend.html", show_default=True, help="report.output")
@option("--only", multiple=True, callback=given.ids, metavar="ID", help="report.only")
@option("--from", "since", metavar="DAY", help="report.from")
@option("--to", "until", metavar="DAY", help="report.to")
@option("--with-words/--no-words", "words", default=True, help="report.with_words")
@option("--private", is_flag=True, help="report.private")
@option("--no-pictures", is_flag=True, help="report.no_pictures")
@option("--summary", is_flag=True, help="report.summary")
def report(
    journal_path: Path | None,
    output: Path,
    only: tuple[str, ...],
    since: str | None,
    until: str | None,
    words: bool,
    private: bool,
    no_pictures: bool,
    summary: bool,
) -> None:
    """Write what the answers show as one HTML file that needs nothing else."""
    from workbook import files

    output = files.placed(output, "mend.html")
    if output.suffix.lower() not in (".html", ".htm"):
        raise Refused(say("cli.report.a_page", file=output.name))
    with opening.existing(journal_path) as journal:
        written = opening.watched(
            lambda tell: journal.report(
                output,
                only=only or None,
                since=since,
                until=until,
                words=words,
                private=private,
                pictures=not no_pictures,
                summary=summary,
                progress=tell,
            )
        )
    click.echo(say("cli.written", file=written))


@_command("workbook export -o answers.csv")
@JOURNAL
@option("-o", "--output", type=ANY_PATH, default="answers.csv", show_default=True, help="export.output")
@option("--no-private", is_flag=True, help="export.no_private")
def export(journal_path: Path | None, output: Path, no_private: bool) -> None:
    """Write every answer as a table for other programs, with a codebook."""
    from workbook.assessment import export as exports

    with opening.existing(journal_path) as journal:
        for written in opening.watched(
            lambda tell: exports.write(journal.told(), output, private=not no_private, progress=tell)
        ):
            click.echo(say("cli.written", file=written))


@_command("workbook lock")
@JOURNAL
@option("--change", is_flag=True, help="lock.change")
@option("--recovery", is_flag=True, help="lock.recovery")
def lock(journal_path: Path | None, change: bool, recovery: bool) -> None:
    """Lock the answers with a passphrase."""
    if change or recovery:
        journal, passphrase = opening.locked(journal_path)
        with journal:
            if change:
                journal.change_passphrase(passphrase, opening.choose())
                click.echo(say("cli.passphrase_changed"))
            if recovery:
                click.echo(journal.recovery_key(passphrase))
        return
    with opening.existing(journal_path) as journal:
        click.echo(say("storage.lock.forgetting"))
        click.echo(say("storage.lock.stays_readable"))
        passphrase = opening.given() or opening.choose()
        journal.lock(passphrase)
        click.echo(say("cli.lock.done"))
        click.echo(journal.recovery_key(passphrase))
        for warning in journal.warnings:
            click.echo(plain(warning))


@_command("workbook unlock")
@JOURNAL
@option("--as-it-is", is_flag=True, help="unlock.as_it_is")
def unlock(journal_path: Path | None, as_it_is: bool) -> None:
    """Take the passphrase off, so that anyone with the files can read the answers."""
    journal, passphrase = opening.locked(journal_path, as_it_is=as_it_is)
    with journal:
        journal.unlock(passphrase)
        for warning in journal.warnings:
            click.echo(plain(warning))
        click.echo(say("cli.unlock.done"))


@_command("workbook backup ~/mend-copy")
@click.argument("folder", required=False, type=ANY_PATH)
@JOURNAL
def backup(folder: Path | None, journal_path: Path | None) -> None:
    """Copy the answers as they are now, into a new folder or beside the journal's own backups."""
    with opening.existing(journal_path) as journal:
        click.echo(say("cli.written", file=journal.backup(folder)))


@_command("workbook restore")
@click.argument("file", required=False, type=ANY_PATH, metavar="[BACKUP]")
@JOURNAL
@option("--yes", is_flag=True, help="restore.yes")
def restore(file: Path | None, journal_path: Path | None, yes: bool) -> None:
    """Go back to a backup, after saying what that changes."""
    from workbook import files

    with opening.existing(journal_path) as journal:
        seen = journal.restore(file) if yes else journal.preview(file)
    click.echo(str(seen))
    if seen.kept is None:
        click.echo(say("cli.restore.nothing_changed", option="--yes"))
        return
    click.echo(say("cli.restore.done", count=seen.answers))
    again = f"workbook restore {files.typed(seen.kept)} --yes --journal {files.typed(opening.folder(journal_path))}"
    click.echo(say("cli.restore.kept", command=again))

"""Parse, call, print. What a command does lives in the module it calls."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbook.errors import WorkbookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbook.journal import Journal

_ANY_PATH = click.Path(path_type=Path)
_journal = click.option(
    "--journal", "journal_path", type=_ANY_PATH, metavar="PATH", help="The journal [default: $WORKBOOK_HOME or ~/Mend]."
)


class _Commands(click.Group):
    """Turns our errors, and the disk's, into one sentence on stderr and exit 1: here and nowhere else."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WorkbookError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}.") from error


def _command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command whose help ends with an example that runs."""
    return main.command(epilog=f"Example: {example}")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mend-workbook", prog_name="workbook")
def main() -> None:
    """A reflective workbook for someone who has lost a relationship."""


@_command("workbook open")
@click.argument("path", required=False, type=_ANY_PATH, metavar="[JOURNAL|FILE]")
@_journal
@click.option("--port", type=click.IntRange(1, 65535), help="The port to use [default: the first free one].")
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option("--plain", is_flag=True, help="Open notebooks in the ordinary editor, with their code.")
def open(path: Path | None, journal_path: Path | None, port: int | None, no_browser: bool, plain: bool) -> None:
    """Open a journal in the browser; the first time, make it."""
    from workbook import lab, notebooks
    from workbook.errors import Locked
    from workbook.journal import find, open_journal

    folder = find(journal_path or path).absolute()
    try:
        with open_journal(folder) as journal:
            kept = notebooks.refresh(journal.workbook, folder)
    except Locked:  # the page asks for the passphrase
        kept = ()
    for mine in kept:
        click.echo(f"You had changed a page, so your own is kept as {mine.name}.")
    lab.serve(
        folder,
        notebooks.contents(folder),
        notebooks.harmless(folder),
        port=port,
        browser=not no_browser,
        plain=plain,
        environment={"WORKBOOK_HOME": str(folder)},
        say=click.echo,
    )


@_command("workbook check data/workbook")
@click.argument("path", type=_ANY_PATH)
@click.option("--coverage", is_flag=True, help="Print which exercises serve each of the 18 statements.")
def check(path: Path, coverage: bool) -> None:
    """Check a definition and print every problem at once."""
    from workbook import definition

    problems = definition.check(path)
    for problem in problems:
        click.echo(problem)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise click.ClickException(f"{path} has {count}.")
    if coverage:
        for statement, exercises in definition.coverage(definition.load(path)).items():
            click.echo(f"{statement:2}  {', '.join(exercises)}")
    else:
        click.echo(f"{path} has no problems.")


@_command("workbook report -o mend.html")
@_journal
@click.option("-o", "--output", type=_ANY_PATH, default=Path("mend.html"), show_default=True, help="The file to write.")
def report(journal_path: Path | None, output: Path) -> None:
    """Write what the answers show as one HTML file that needs nothing else."""
    with _existing(journal_path) as journal:
        click.echo(f"Written: {journal.report(output)}")


def _existing(path: Path | None) -> Journal:
    """Open a journal that is there already: only `open` makes one."""
    from workbook.errors import JournalError
    from workbook.journal import MARK, find, open_journal

    folder = find(path)
    if not (folder / MARK).exists():
        raise JournalError(
            f"There is no journal at {folder}. Name one with --journal, or make it: workbook open {folder}"
        )
    return open_journal(folder)

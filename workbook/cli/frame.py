"""The frame of the command: who is asked for what, how wide help is, and where errors become one sentence."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from workbook.cli.said import option
from workbook.errors import WorkbookError
from workbook.words import say

if TYPE_CHECKING:
    from pathlib import Path

# The counselor's commands: their module is loaded when one is called, so that `--help` comes at once.
COUNSELOR = ("keygen", "assign", "receive", "caseload", "reply", "mailbox")

EXTRAS = {"psycopg": "postgresql"}  # a part that is installed only where someone asks for it: the extra that brings it


class AnyPath(click.Path):
    """A path, as pathlib has it, which is loaded when there is one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


ANY_PATH = AnyPath()
JOURNAL = option("--journal", "journal_path", type=ANY_PATH, metavar="PATH", help="journal")


class Commands(click.Group):
    """Turns our errors, and the disk's, into one sentence on stderr and exit 1: here and nowhere else."""

    @property
    def help(self) -> str:
        return say("cli.help")

    @help.setter
    def help(self, _: object) -> None:
        """As in `said.Command`."""

    def main(self, *args: Any, **extra: Any) -> Any:
        # Here and in the pages' kernels nothing else that is installed has a say in what is judged; and to look for it
        # takes as long as to judge.
        os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
        gc.set_threshold(1_000_000)  # libraries that load make a million things, and no rubbish
        atexit.register(gc.freeze)  # nor is there any at the end, where all of them would be looked through again
        for stream in (sys.stdout, sys.stderr):  # a file in an older code page has no place for every name
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")  # what was done is done: printing it must not fail
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WorkbookError as error:
            raise click.ClickException(str(error)) from error
        except ModuleNotFoundError as error:
            part = (error.name or "").partition(".")[0]
            if extra := EXTRAS.get(part):  # Mend is whole without it
                command = f'pip install "mend-workbook[{extra}]"'
                raise click.ClickException(say("cli.extra_missing", part=part, command=command)) from error
            raise click.ClickException(say("cli.part_missing", part=part, python=sys.prefix)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}.") from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*sorted(self.commands.keys() - {*COUNSELOR}), *COUNSELOR]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COUNSELOR and cmd_name not in self.commands:
            from workbook.cli import counselor

            for command in counselor.COMMANDS:
                self.add_command(command)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = sorted(self.commands.keys() - {*COUNSELOR})
        for title, names in ((say("cli.commands"), own), (say("cli.for_counselors"), COUNSELOR)):
            with formatter.section(title):
                formatter.write_dl([(name, say(f"cli.{name}.help")) for name in names])


def columns() -> int:
    """How wide help is: what click would choose, without the module that it asks, which takes longer than the help."""
    try:
        found = os.get_terminal_size().columns
    except OSError:  # no terminal
        found = 0
    return max(min(found or 80, 80) - 2, 50)

"""What a command says of itself: read from `data/words` when someone asks for its help, so that no other call waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable


class Command(click.Command):
    """A command whose help and example stand in `data/words`, read when someone asks for them."""

    @property
    def help(self) -> str:
        return say(f"cli.{self.name}.help")

    @help.setter
    def help(self, _: object) -> None:
        """Click hands in the docstring, which is for whoever reads the code."""

    @property
    def epilog(self) -> str:
        return say("cli.example", line=self._example)

    @epilog.setter
    def epilog(self, line: str) -> None:
        self._example = line


class _Option(click.Option):
    """An option whose help stands in `data/words`: it is made with the sentence's path below `cli`."""

    @property
    def help(self) -> str:
        return say(f"cli.{self._path}")

    @help.setter
    def help(self, path: str) -> None:
        self._path = path


def option(*names: str, help: str, **how: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add an option; `help` is the path of a sentence below `cli`, and `how` what click takes."""
    return click.option(*names, cls=_Option, help=help, **how)

"""Which functions the code of a notebook calls, read as Python reads it: what a comment or a text says is no call."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbformat import NotebookNode

_JUPYTERS = re.compile(r"^[ \t]*(?:[%!?].*|.*\?)$", re.MULTILINE)  # lines that Jupyter alone understands


def called(cells: Iterable[NotebookNode]) -> frozenset[str]:
    """Return the names of the functions and methods that the code of these cells calls; nothing of it is run.

    A function that is imported under another name is known by its own. Code that is no Python calls nothing.
    """
    nodes = [node for cell in cells if cell.cell_type == "code" for node in _nodes(cell.source)]
    own = {
        each.asname: each.name
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for each in node.names
        if each.asname is not None
    }
    names = (_name(node.func) for node in nodes if isinstance(node, ast.Call))
    return frozenset(own.get(name, name) for name in names if name)


def _nodes(source: str) -> Iterator[ast.AST]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of another's code, to somebody else
        for code in dict.fromkeys((source, _JUPYTERS.sub("", source))):
            try:
                return iter(list(ast.walk(ast.parse(code))))
            except (MemoryError, RecursionError, SyntaxError, ValueError):  # what it may say of code that is none
                continue
    return iter(())


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""

"""What a clinician signs: every sentence that is our own judgement, with its file and line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbook import files, resources
from workbook.definition.reading import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import yaml


@dataclass(frozen=True)
class Judgement:
    """A sentence that is our own judgement, and where it stands. `str()` is one line."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {self.sentence}"


MARK = "(S)"


def review(path: Path | None = None) -> tuple[Judgement, ...]:
    """Return every text marked (S) in the YAML files below `path` (a folder or a file), in file and line order.

    A mark in `source:` stands for what it is written under: the sentence then begins with that thing's title.
    None: the shipped workbook, its help lines, norms and wording cues.
    """
    path = path or resources.data()
    every = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return tuple(judgement for file in every for judgement in _marked(file, path))


def _marked(file: Path, root: Path) -> Iterable[Judgement]:
    import yaml

    name = file.relative_to(root).as_posix() if file != root else file.name
    tree = yaml.compose(files.read(file, LARGEST).decode(), yaml.BaseLoader)
    return _marks(tree, name, "") if tree else ()


def _marks(node: yaml.Node, file: str, about: str) -> Iterable[Judgement]:
    """Walk a file's nodes; `about` is the nearest title, prompt or text around a mark."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        own = {key.value: value.value for key, value in node.value if isinstance(value, yaml.ScalarNode)}
        near = next((own[key] for key in ("prompt", "text", "title", "name") if own.get(key)), about)
        for _, value in node.value:
            yield from _marks(value, file, near)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _marks(value, file, about)
    elif MARK in node.value:
        said = " ".join(node.value.split())
        yield Judgement(file, node.start_mark.line + 1, f"{about}: {said}" if about and about != node.value else said)

"""Another language says every text of the workbook, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook import definition, resources
from workbook.definition import models, overlay
from workbook.errors import DefinitionError

CHAPTER = """
chapter: space
notebook: 30-space
title: Give space
lede: Short.
minutes: 10
why:
  - {text: It helps., source: Someone 2020}
scales:
  - {id: space, title: Giving space, items: [space.urges.strength], min_answered: 1, source: Own (S)}
exercises:
  - id: urges
    title: Urges
    minutes: 5
    items:
      - {id: strength, kind: ruler, prompt: How strong?, low: weak, high: strong}
      - {id: did, kind: choice, prompt: What did I do?, options: {walked: I walked, called: I called}}
      - {id: spots, kind: table, prompt: Where?, columns: [{id: place, kind: text, label: Place}]}
"""

GERMAN = """
workbook.title: Raum geben
space.title: Raum geben
space.lede: Kurz.
space.why.1.text: Es hilft.
scales.space.title: Raum geben
space.urges.title: Drang
space.urges.strength.prompt: Wie stark?
space.urges.strength.low: schwach
space.urges.strength.high: stark
space.urges.did.prompt: Was tat ich?
space.urges.did.options.walked: Ich ging
space.urges.did.options.called: Ich rief an
space.urges.spots.prompt: Wo?
space.urges.spots.columns.place.label: Ort
space.urges.spots.row: Zeile
foot.useful.prompt: Wie nützlich war das?
foot.useful.points.0: gar nicht
foot.useful.points.1: wenig
foot.useful.points.2: etwas
foot.useful.points.3: ziemlich
foot.useful.points.4: sehr
foot.done.prompt: Als erledigt markiert
"""


@pytest.fixture
def base(tmp_path: Path) -> models.Workbook:
    (tmp_path / "space.yaml").write_text(CHAPTER, encoding="utf-8")
    return definition.load(tmp_path / "space.yaml")


def written(folder: Path, text: str, name: str = "de.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_overlay_speaks_its_language(base: models.Workbook, tmp_path: Path) -> None:
    """Every text is said in the other language; ids, values and sources stay, and the base was not changed."""
    german = overlay.load(base, written(tmp_path, GERMAN))
    assert german.language == "de"
    assert set(overlay.texts(german)) == set(overlay.texts(base))
    assert german.item("space.urges.did").options == {"walked": "Ich ging", "called": "Ich rief an"}
    assert german.item("space.urges.useful").prompt == "Wie nützlich war das?"
    assert german.chapter("space").why[0].source == "Someone 2020"
    assert definition.problems(german) == ()
    assert base.item("space.urges.did").prompt == "What did I do?"


def test_the_base_lies_over_itself_without_a_change() -> None:
    """The texts of the shipped workbook are all of its texts: laid over it, nothing changes."""
    shipped = definition.load()
    spoken = overlay.texts(shipped)
    assert overlay.apply(shipped, "en", spoken) == shipped
    marked = overlay.apply(shipped, "en", {path: f"«{text}»" for path, text in spoken.items()})
    assert set(overlay.texts(marked).values()) == {f"«{text}»" for text in spoken.values()}
    assert definition.problems(marked) == ()


def test_an_overlay_with_gaps_is_refused_with_each_of_them(base: models.Workbook, tmp_path: Path) -> None:
    """A text that is missing, empty, unknown or no text is named with its line, its path and the English words."""
    text = GERMAN.replace("space.lede: Kurz.\n", "").replace("Wo?", "").replace(".low:", ".lo:")
    path = written(tmp_path, text.replace("Es hilft.", "[Es, hilft]"))
    with pytest.raises(DefinitionError) as caught:
        overlay.load(base, path)
    assert str(caught.value).splitlines() == [
        "de.yaml:4 space.why.1.text is not text.  If it holds a colon, put it in quotes.",
        "de.yaml:8 space.urges.strength.lo is not a text of the workbook.  Did you mean “space.urges.strength.low”?",
        "de.yaml:13 space.urges.spots.prompt is empty.  The text is “Where?”.",
        "de.yaml:2 space.lede is missing.  The text is “Short.”.",
        "de.yaml:2 space.urges.strength.low is missing.  The text is “weak”.",
    ]
    assert [str(problem) for problem in overlay.check(base, tmp_path)] == str(caught.value).splitlines()


def test_a_file_of_another_name_is_no_overlay(base: models.Workbook, tmp_path: Path) -> None:
    """An overlay is named for its language."""
    with pytest.raises(DefinitionError, match="Name it for its language"):
        overlay.load(base, written(tmp_path, GERMAN, "german-texts.yaml"))


def test_a_language_says_otherwise_what_a_hub_says_otherwise(base: models.Workbook, tmp_path: Path) -> None:
    """Else a page on a server would say, in that language, that words stay on this computer."""
    (tmp_path / "workbook").mkdir()
    (tmp_path / "hub").mkdir()
    written(tmp_path / "workbook", GERMAN)
    written(tmp_path / "hub", "space.lede: On a server.\nspace.urges.title: Urges there", "en.yaml")
    lede, title = (
        "hub/de.yaml space.lede is missing.  On a hub the text is “On a server.”.",
        "hub/de.yaml space.urges.title is missing.  On a hub the text is “Urges there”.",
    )

    def found() -> list[str]:
        return [str(problem) for problem in overlay.check(base, tmp_path / "workbook")]

    assert found() == [lede, title]
    own = written(tmp_path / "hub", "space.lede: Auf einem Server.")
    assert found() == [title]
    own.write_text("space.lede: Auf einem Server.\nspace.urges.title: Drang dort", encoding="utf-8")
    assert found() == []


def test_the_shipped_overlays_are_whole() -> None:
    """Every language we ship says every text."""
    folder = resources.data("workbook")
    assert overlay.check(definition.load(), folder) == ()

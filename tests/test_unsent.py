"""What waits for a hub's mailbox goes out once, to the one it is for, and nothing of it is lost or sent elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import pytest

from tests.caseload_sample import NOW
from tests.clock import Clock
from workbook.definition.asks import Task
from workbook.errors import Refused
from workbook.sharing import caseload, unsent
from workbook.sharing.post import Mailbox, NotSent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.sharing.keys import Keys


class Box:
    """A mailbox that remembers what it was given, and refuses what is for `refuses`."""

    def __init__(self, digest: str = "ab" * 16, **refuses: NotSent) -> None:
        self.digest, self.refuses = digest, refuses
        self.asked: list[str] = []  # to whom, each time
        self.had: list[tuple[str, bytes]] = []
        self.never: bytes | None = None  # what it will not take

    def send(self, to: str, data: bytes) -> int:
        self.asked.append(to)
        if data == self.never:
            raise NotSent("Too large.", never=True)
        if to in self.refuses:
            raise self.refuses[to]
        self.had.append((to, data))
        return len(self.had)


class Came(NamedTuple):
    """What came of one file, in short."""

    name: str
    to: str
    why: str
    nobody: bool
    never: bool
    ended: bool


class Desk:
    """A caseload with two clients, and files for them, the first the oldest."""

    def __init__(self, opened: caseload.Caseload) -> None:
        self.opened, self.home, self.data = opened, opened.home, {}  # type: ignore[var-annotated] # by name
        for name in ("A.", "B."):
            opened.assign(name, [Task(exercise="space.urges")])

    def keep(self, box: Box, *names: str) -> list[Path]:
        """Keep a file for each: `A.1` is the first for A., who is ann on the hub, B. is kim."""
        kept = []
        for at, name in enumerate(names, 1):
            self.data[name] = self.opened.assign(name[:2], [Task(exercise="space.urges", instruction=name)])
            to = {"A.": "ann", "B.": "kim"}[name[:2]]
            kept.append(unsent.keep(self.opened, as_mailbox(box), name[:2], to, self.data[name]))
            os.utime(kept[-1], ns=(at, at))
        return kept

    def send(self, box: Box) -> list[Came]:
        names = {unsent.stem(data): name for name, data in self.data.items()}
        return [
            Came(names[one.file.stem], one.to, one.why, one.nobody, one.never, one.ended)
            for one in unsent.send(self.opened, as_mailbox(box))
        ]

    def who(self, box: Box) -> list[str | None]:
        return [unsent.address(self.opened, as_mailbox(box), name) for name in ("A.", "B.", "C.")]

    def left(self) -> list[str]:
        return sorted(path.suffix for path in (self.home / "unsent").rglob("*") if path.is_file())


def as_mailbox(box: Box) -> Mailbox:
    return cast("Mailbox", box)


@pytest.fixture
def desk(home: Path, keyed: tuple[Path, Keys]) -> Iterator[Desk]:
    with caseload.open_caseload(home, keyed[1], now=Clock(NOW)) as opened:
        yield Desk(opened)


def test_each_file_goes_once_to_whom_it_is_for_the_oldest_first(desk: Desk) -> None:
    """Acknowledged, it is kept no more, and who they are on this hub is remembered; on another hub nobody is known."""
    box = Box()
    kept = desk.keep(box, "B.1", "A.1", "A.2")
    assert {stat.S_IMODE(file.parent.stat().st_mode) for file in kept} == {0o700}
    assert (unsent.count(desk.home), unsent.stems(desk.home)) == (3, {file.stem for file in kept})
    assert desk.who(box) == [None, None, None]
    assert desk.send(box) == [
        ("B.1", "kim", "", False, False, False),
        ("A.1", "ann", "", False, False, False),
        ("A.2", "ann", "", False, False, False),
    ]
    assert box.had == [("kim", desk.data["B.1"]), ("ann", desk.data["A.1"]), ("ann", desk.data["A.2"])]
    assert (unsent.count(desk.home), unsent.stems(desk.home), desk.left(), desk.send(box)) == (0, set(), [], [])
    assert (desk.who(box), desk.who(Box("cd" * 16))) == (["ann", "kim", None], [None, None, None])


def test_a_mailbox_that_is_down_is_asked_once_and_all_goes_on_waiting(desk: Desk) -> None:
    """Each is said with why; nobody is taken to be whom nothing was acknowledged for."""
    box = Box(kim=NotSent("It is down.", down=True))
    desk.keep(box, "B.1", "A.1", "B.2")
    said = [(name, to, "It is down.", False, False, False) for name, to in (("B.1", "kim"), ("A.1", "ann"))]
    assert desk.send(box) == [*said, ("B.2", "kim", "It is down.", False, False, False)]
    assert (box.asked, unsent.count(desk.home), desk.who(box)) == (["kim"], 3, [None, None, None])
    ended = Box(kim=NotSent("Log in again.", down=True, ended=True))
    assert [one.ended for one in desk.send(ended)] == [True, True, True]
    box.refuses.clear()
    assert [(one.name, one.why) for one in desk.send(box)] == [("B.1", ""), ("A.1", ""), ("B.2", "")]


def test_what_is_refused_keeps_no_other_waiting(desk: Desk) -> None:
    """For now, it is tried again; for good, it is put aside and tried no more, and counts as not arrived."""
    for why, count, left in (
        (NotSent("Too many wait."), 2, [".assignment", ".assignment", ".json"]),
        (NotSent("Too large.", never=True), 0, [".assignment", ".assignment", ".json"]),
    ):
        box = Box(kim=why)
        kept = desk.keep(box, "B.1", "A.1", "B.2")
        said = [("B.1", "kim", str(why), False, why.never, False), ("A.1", "ann", "", False, False, False)]
        assert desk.send(box) == [*said, ("B.2", "kim", str(why), False, why.never, False)]
        assert (unsent.count(desk.home), desk.left()) == (count, left)
        assert unsent.stems(desk.home) == {kept[0].stem, kept[2].stem}
        assert len(desk.send(box)) == count
        unsent.withdraw(desk.home, desk.opened.client("B.").id)


def test_what_was_put_aside_stays_when_the_rest_has_gone(desk: Desk) -> None:
    """The last that is acknowledged takes the folder away only where nothing is kept in it."""
    box = Box()
    first, second = desk.keep(box, "A.1", "A.2")
    box.never = desk.data["A.1"]
    assert [(one.name, one.why, one.never) for one in desk.send(box)] == [
        ("A.1", "Too large.", True),
        ("A.2", "", False),
    ]
    assert (unsent.stems(desk.home), second.exists()) == ({first.stem}, False)
    assert unsent.withdraw(desk.home, desk.opened.client("A.").id) == 1


def test_where_nobody_knows_whose_the_files_are_nothing_goes_and_nobody_is_erased(desk: Desk) -> None:
    """What says it is missing or nonsense: one sentence; the files are counted all the same, and go when it is back."""
    box = Box()
    [kept] = desk.keep(box, "A.1")
    way = kept.parent / "way.json"
    before = way.read_bytes()

    def acts() -> None:
        for act in (lambda: unsent.ready(desk.opened, as_mailbox(box)), lambda: desk.opened.erase("A.")):
            with pytest.raises(Refused) as refused:
                act()
            assert str(refused.value) == (
                f"{way} cannot be read, so nobody knows who the files beside it are for. Nothing was changed. Put it "
                "back from a copy, or move its folder away and make the files anew."
            )

    for nonsense in ("", "{", "[]", "{}", '"x"', "[" * 100_000):
        way.write_text(nonsense)
        acts()
    way.unlink()
    way.mkdir()
    acts()
    assert (unsent.count(desk.home), unsent.stems(desk.home), desk.opened.client("A.").name) == (1, {kept.stem}, "A.")
    way.rmdir()
    way.write_bytes(before)
    assert [one.name for one in desk.send(box)] == ["A.1"]


def test_where_there_is_nobody_nothing_goes_to_that_name_later(desk: Desk) -> None:
    """Asked once; with the right name all of it goes along, and what was acknowledged meanwhile stays acknowledged."""
    box = Box(kim=NotSent("There is nobody of that name.", nobody=True))
    desk.keep(box, "B.1", "B.2", "A.1")
    no_name = "On the hub there was nobody of the name that was said."
    assert desk.send(box) == [
        ("B.1", "kim", "There is nobody of that name.", True, False, False),
        ("B.2", "kim", "There is nobody of that name.", True, False, False),
        ("A.1", "ann", "", False, False, False),
    ]
    box.refuses.clear()
    assert desk.send(box) == [(name, "", no_name, True, False, False) for name in ("B.1", "B.2")]
    assert box.asked == ["kim", "ann"]
    unsent.lead(desk.opened, as_mailbox(box), "B.", "kit")
    assert [(one.name, one.to, one.why) for one in desk.send(box)] == [("B.1", "kit", ""), ("B.2", "kit", "")]
    assert desk.who(box) == ["ann", "kit", None]


def test_what_is_for_another_mailbox_or_for_who_ended_stays(desk: Desk) -> None:
    """Only what is kept for this mailbox goes, to clients who are there."""
    box, other = Box(), Box("cd" * 16)
    desk.keep(box, "A.1", "B.1")
    desk.keep(other, "A.2")
    kept = desk.opened.client("B.")
    desk.opened.remember(kept, revoked=True)
    assert [one.name for one in desk.send(box)] == ["A.1"]
    assert [one.name for one in desk.send(other)] == ["A.2"]
    assert (unsent.count(desk.home), unsent.withdraw(desk.home, kept.id), desk.left()) == (1, 1, [])


def test_what_another_program_sent_meanwhile_stops_nothing(desk: Desk) -> None:
    """A file that is gone is not said to be unsent, the next one goes; settling twice is settling once."""
    box = Box()
    kept = desk.keep(box, "A.1", "B.1", "A.2")
    every = unsent.ready(desk.opened, as_mailbox(box))
    kept[0].unlink()
    tried = unsent.carry(as_mailbox(box), every)
    assert [one.file for one in tried] == kept[1:]
    client = desk.opened.client("B.").id
    desk.opened.erase("B.")  # who was erased meanwhile is not remembered
    for _ in range(2):
        assert unsent.settle(desk.opened, tried) == tried
        assert (desk.left(), desk.who(box)) == ([], ["ann", None, None])
    assert client not in desk.opened.store.clients()


def test_withdrawn_is_what_waits_and_what_was_refused_of_one_client(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is counted, whichever mailbox it was for; what cannot be removed is named, and nobody is erased."""
    box = Box(ann=NotSent("Too large.", never=True))
    desk.keep(box, "A.1", "A.2")
    desk.send(box)
    desk.keep(box, "A.3", "B.1")
    last = desk.keep(Box("cd" * 16), "A.4")[0]

    def refuse(file: Path) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    with monkeypatch.context() as held:
        held.setattr("workbook.files.erase", refuse)
        with pytest.raises(Refused) as said:
            desk.opened.erase("A.")
        assert str(said.value).startswith("What was on its way to them could not be removed, so nothing was changed: ")
        assert str(said.value).endswith(".assignment: Permission denied. Put that right, and try again.")
    assert last.exists()
    assert unsent.withdraw(desk.home, desk.opened.client("A.").id) == 4
    assert ([one.name for one in desk.send(box)], desk.left()) == (["B.1"], [])


def test_what_cannot_be_kept_is_named(desk: Desk) -> None:
    """A file in the place of the folder: it is said which, and nothing counts as kept."""
    (desk.home / "unsent").write_bytes(b"")
    with pytest.raises(Refused) as said:
        desk.keep(Box(), "A.1")
    [folder] = str(said.value).partition(": ")[:1]
    assert (Path(folder).parent, str(said.value).partition(": ")[2]) == (desk.home / "unsent", "Not a directory.")


def test_a_later_version_finds_what_an_earlier_kept(desk: Desk) -> None:
    """A file is called by the same digest in every version: a caseload remembers by it which reply has not gone out."""
    assert unsent.stem(b"") == "e3b0c44298fc1c14"

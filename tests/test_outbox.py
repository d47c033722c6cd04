"""What goes out is what was ticked; what was handed over, what arrived and what is taken back are remembered apart."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.definition.asks import Asks, Task
from workbook.errors import Refused, UnknownId
from workbook.journal import Journal
from workbook.sharing import client, envelope, outbox
from workbook.sharing.bundles import Assignment, Feedback, content_id
from workbook.storage import exchange, seal
from workbook.storage.exchange import Handed, Sent
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbook.sharing.outbox import Choice

AT = datetime(2027, 1, 4, 9, tzinfo=UTC)
COUNSELOR, TOKEN = seal.new_identity(), "5" * 32
FIRST, SECOND = "space.plan.first@once", "space.plan.second@once"
EARLY, LATE = "space.not_knowing.know@2027-01-03", "space.not_knowing.know@2027-01-04"
PRIVATE = "start.privacy.shared_device@once"


def asked(**changes: Any) -> bytes:
    fields = {
        "token": TOKEN, "sequence": 1, "made_at": AT, "counselor": "Dr. Kim", "client": "A.",
        "counselor_key": seal.recipient(COUNSELOR), "asks": Asks(tasks=(Task(exercise="space.urges"),)),
    }  # fmt: skip
    return envelope.pack(Assignment.model_validate(fields | changes), COUNSELOR)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with four answers to share, private ones, and an assignment."""
    folder = tmp_path_factory.mktemp("outbox") / "journal"
    with Journal.create(folder, now=Clock(AT)) as journal:
        answer_safely(journal.save)
        for place in (FIRST, SECOND, EARLY, LATE):
            item, _, occasion = place.partition("@")
            journal.save(item, place, occasion=occasion)
        client.given(journal, asked()).accept()
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock(AT)


@pytest.fixture
def journal(made: Path, tmp_path: Path, clock: Clock) -> Iterator[Journal]:
    with Journal.open(shutil.copytree(made, tmp_path / "journal"), now=clock) as journal:
        yield journal


def id_of(journal: Journal, place: str) -> str:
    [found] = [content_id(one) for one in journal.current() if f"{one.item}@{one.occasion}" == place]
    return found


def give(journal: Journal, *ticked: str, **options: Any) -> list[str]:
    """Hand over what is ticked; return which answers went along."""
    chosen = outbox.submission(journal, ticked, now=journal.now(), **options)
    file = journal.path / f"{chosen.sequence}.submission"
    assert outbox.write_submission(journal, chosen, file).read_bytes().startswith(b"mend-submission 2\n")
    return sorted(answer.key for answer in chosen.answers)


def hear(journal: Journal, clock: Clock, *there: str) -> None:
    """Take in feedback that says which answers are with the counselor."""
    feedback = Feedback(
        token=TOKEN, sequence=1, made_at=clock(), counselor="Dr. Kim", counselor_key=seal.recipient(COUNSELOR),
        there=there,
    )  # fmt: skip
    client.accept_feedback(journal, envelope.pack_sealed(feedback, COUNSELOR, seal.recipient(journal.key)))


def stands(journal: Journal) -> dict[str, str]:
    """How each answer stands: s(hared), c(hanged since), t(here), e(lsewhere)."""
    return {
        one.key: "".join(
            sign
            for sign, is_so in zip("scte", (one.shared, one.changed, one.there, one.elsewhere), strict=True)
            if is_so
        )
        for one in outbox.choices(journal)
        if one.key in (FIRST, SECOND, EARLY, LATE, PRIVATE)
    }


def test_each_answer_is_listed_with_where_it_is_and_who_may_see_it(journal: Journal) -> None:
    """Nothing is chosen, and a private one is said to be private."""
    rows: dict[str, Choice] = {one.key: one for one in outbox.choices(journal)}
    assert rows.keys() > {FIRST, SECOND, EARLY, LATE, PRIVATE}
    assert rows[EARLY] == (
        EARLY, "space", "space.not_knowing", "space.not_knowing.know", "2027-01-03", rows[EARLY].prompt, EARLY, "ask",
        False, False, False, False,
    )  # fmt: skip
    assert rows[PRIVATE].share == "private"


def test_a_name_is_a_chapter_an_exercise_an_item_or_an_answer(journal: Journal) -> None:
    """What is private stays out of a chapter; a name that is none, or has nothing to give, is said."""
    for names, chosen in (
        (["space"], {FIRST, SECOND, EARLY, LATE}),
        (["space.plan"], {FIRST, SECOND}),
        (["space.not_knowing.know"], {EARLY, LATE}),
        ([EARLY], {EARLY}),
        ([SECOND, LATE], {SECOND, LATE}),
        ([], set()),
    ):
        assert outbox.chosen(journal, names) == chosen
    for name, said in (
        ("start.privacy", "private"),
        ("space.urges", "no answer"),
        ("space.not_knowing.know@2027-01-05", "no answer"),
    ):
        with pytest.raises(Refused, match=said):
            outbox.chosen(journal, [name])
    for name in ("nowhere", "space.nothing", "space.plan.third", "space.plan.first.more", "@once"):
        with pytest.raises(UnknownId):
            outbox.chosen(journal, [name])
    for name in ("space", FIRST):
        with pytest.raises(Refused, match="shared"):
            outbox.chosen(journal, [], [name])


def test_what_stays_ticked_is_what_was_less_what_is_taken_back(journal: Journal, clock: Clock) -> None:
    """By one name or many; what an earlier copy handed over, or is there, can be taken back too."""
    give(journal, FIRST, SECOND, EARLY)
    assert outbox.chosen(journal, [LATE]) == {FIRST, SECOND, EARLY, LATE}
    assert outbox.chosen(journal, [LATE], [FIRST, "space.not_knowing"]) == {SECOND, LATE}
    assert outbox.taking_back(journal, ["space"]) == {FIRST, SECOND, EARLY}
    hear(journal, clock, id_of(journal, LATE))
    assert outbox.taking_back(journal, ["space"]) == {FIRST, SECOND, EARLY, LATE}
    exchange.sent(journal.store).put(TOKEN, Sent(source=outbox.source(journal), inherited={EARLY: Handed("x", AT)}))
    assert outbox.taking_back(journal, ["space"]) == {EARLY, LATE}
    assert stands(journal) == {FIRST: "", SECOND: "", EARLY: "e", LATE: "t", PRIVATE: ""}


def test_only_what_is_new_goes_along_and_what_did_not_arrive_goes_again(journal: Journal, clock: Clock) -> None:
    """Handed over, it goes again only where it has changed, where their newest word lacks it, or where all is asked."""
    assert give(journal, FIRST, SECOND) == [FIRST, SECOND]
    assert stands(journal) == {FIRST: "s", SECOND: "s", EARLY: "", LATE: "", PRIVATE: ""}
    clock.forward(minutes=1)
    assert give(journal, FIRST, SECOND, EARLY) == [EARLY]
    assert give(journal, FIRST, SECOND, EARLY, everything=True) == [EARLY, FIRST, SECOND]
    clock.forward(minutes=1)
    hear(journal, clock, id_of(journal, FIRST), id_of(journal, EARLY))
    assert stands(journal) == {FIRST: "st", SECOND: "s", EARLY: "st", LATE: "", PRIVATE: ""}
    clock.forward(minutes=1)
    journal.save("space.plan.first", "another")
    assert stands(journal)[FIRST] == "sc"
    assert give(journal, FIRST, SECOND, EARLY) == [FIRST, SECOND]
    assert give(journal, FIRST, SECOND, EARLY) == []
    assert stands(journal) == {FIRST: "s", SECOND: "s", EARLY: "st", LATE: "", PRIVATE: ""}


def test_what_a_file_changes_is_counted_before_it_goes(journal: Journal, clock: Clock) -> None:
    """New, changed, the same again, what they had already, what is on its way, and what is taken back."""
    give(journal, FIRST, SECOND, EARLY)
    clock.forward(minutes=1)
    hear(journal, clock, id_of(journal, FIRST))
    give(journal, FIRST, SECOND, EARLY)
    clock.forward(minutes=1)
    journal.save("space.plan.second", "another")
    chosen = outbox.submission(journal, [FIRST, SECOND, LATE], now=clock())
    seen = outbox.preview(journal, chosen)
    assert [[one.key for one in kind] for kind in (seen.new, seen.changed, seen.again)] == [[LATE], [SECOND], []]
    assert (seen.there, seen.handed, seen.taken_back, seen.gates) == (1, 0, (EARLY,), ())
    assert outbox.contents(journal.workbook, seen) == [
        "Living with not knowing: 1 new.",
        "My plan for the next urge: 1 changed.",
        "Living with not knowing: 1 taken back.",
        "They have already, unchanged: 1.",
    ]
    whole = outbox.preview(journal, outbox.submission(journal, [FIRST, EARLY], now=clock(), everything=True))
    assert [one.key for one in whole.again] == [EARLY, FIRST]
    journal.save("space.plan.second", SECOND)
    rest = outbox.preview(journal, outbox.submission(journal, [FIRST, EARLY], now=clock()))
    assert (rest.there, rest.handed, rest.taken_back) == (1, 1, (SECOND,))


def test_an_exercise_is_called_by_its_title_and_by_its_id_when_it_is_gone(journal: Journal) -> None:
    """A workbook may lack what was once shared; where several have one title, the chapter's is said too."""
    workbook = journal.workbook
    assert [outbox.exercise_title(workbook, id) for id in ("space.rating", "no.such")] == [
        workbook.named("space.rating"), "no.such",
    ]  # fmt: skip
    nothing = outbox.preview(journal, outbox.submission(journal, [], now=AT))
    gone = nothing._replace(taken_back=("no.such.item@once", "no.such.other@once"))
    assert (outbox.contents(workbook, nothing), outbox.contents(workbook, gone)) == (
        [], [say("sharing.outbox.taken_back", title="no.such", count=2)],
    )  # fmt: skip


def test_what_is_taken_back_stays_taken_back_until_it_is_ticked_again(journal: Journal, clock: Clock) -> None:
    """From this copy by unticking, from another by name; what was never here is not."""
    give(journal, FIRST, SECOND)
    clock.forward(minutes=1)
    chosen = outbox.submission(journal, [SECOND], now=clock(), take_back=[EARLY, SECOND])
    assert chosen.taken_back == {FIRST: clock(), EARLY: clock()}
    assert outbox.handing(journal, chosen) == Sent(
        source=chosen.source, sequence=2, at=clock(), holds={SECOND: Handed(id_of(journal, SECOND), AT)},
        taken_back=chosen.taken_back,
    )  # fmt: skip
    give(journal, SECOND, take_back=[EARLY])
    before = clock()
    clock.forward(minutes=1)
    assert outbox.submission(journal, [FIRST], now=clock()).taken_back == {EARLY: before, SECOND: clock()}


def test_files_are_in_order_whatever_the_clock_says(journal: Journal, clock: Clock) -> None:
    """Each has the next number, and is made after the one before, also where a clock was set back."""
    made = [outbox.submission(journal, [FIRST], now=AT)]
    give(journal, FIRST)
    clock.forward(days=-1)
    made.append(outbox.submission(journal, [FIRST], now=clock()))
    assert [(one.sequence, one.made_at) for one in made] == [(1, AT), (2, AT + timedelta(microseconds=1))]
    assert made[0].gates == made[1].gates == ()


def test_a_file_that_was_made_first_and_handed_over_later_takes_nothing_back(journal: Journal, clock: Clock) -> None:
    """What it holds may be with them: it is not counted as handed over, and can be taken back by name."""
    early = outbox.submission(journal, [FIRST, SECOND], now=clock())
    late = outbox.handing(journal, early)
    clock.forward(minutes=1)
    give(journal, SECOND, EARLY)
    clock.forward(minutes=1)
    give(journal, EARLY)
    outbox.handed_over(journal, TOKEN, late, [])
    assert stands(journal) == {FIRST: "e", SECOND: "", EARLY: "s", LATE: "", PRIVATE: ""}
    again = late.model_copy(update={"holds": {SECOND: Handed("x", clock() + timedelta(minutes=1))}})
    outbox.perhaps(journal, TOKEN, again)
    assert stands(journal)[SECOND] == "e"
    with journal.store.together():
        exchange.sent(journal.store).remove(TOKEN)
    outbox.perhaps(journal, TOKEN, late)
    assert stands(journal) == {FIRST: "e", SECOND: "e", EARLY: "", LATE: "", PRIVATE: ""}


def test_another_copy_begins_anew_and_knows_what_the_first_handed_over(journal: Journal, clock: Clock) -> None:
    """A copied folder has another id; what the first handed over is elsewhere, and goes along again."""
    give(journal, FIRST)
    before = outbox.source(journal)
    assert outbox.source(journal) == before
    assert len(bytes.fromhex(before)) == 16
    copied = shutil.copytree(journal.path, journal.path.with_name("copied"))
    with Journal.open(copied, now=clock) as copy:
        assert outbox.source(copy) != before
        assert stands(copy) == {FIRST: "e", SECOND: "", EARLY: "", LATE: "", PRIVATE: ""}
        chosen = outbox.submission(copy, [SECOND], now=clock())
        assert (chosen.sequence, chosen.taken_back) == (1, {})
        assert outbox.handing(copy, chosen).inherited.keys() == {FIRST}
        assert give(copy, FIRST) == [FIRST]
        assert exchange.sent(copy.store).get(TOKEN).inherited == {}  # type: ignore[union-attr] # it was given


def test_nothing_is_made_of_what_may_not_go(journal: Journal, clock: Clock, tmp_path: Path) -> None:
    """A private answer, one that is gone, no counselor, another counselor meanwhile, a place that cannot be written."""
    for place, said in ((PRIVATE, "private"), ("space.plan.first@2027-01-09", "2027-01-09")):
        with pytest.raises(Refused, match=said):
            outbox.submission(journal, [FIRST, place], now=clock())
    chosen = outbox.submission(journal, [FIRST], now=clock())
    with pytest.raises(Refused, match="missing"):
        outbox.write_submission(journal, chosen, tmp_path / "missing" / "a.submission")
    assert stands(journal)[FIRST] == ""
    client.given(journal, asked(token="6" * 32)).accept(sure=True)
    with pytest.raises(Refused):
        outbox.sealed(journal, chosen)
    assert outbox.confirmed(journal) is None
    with Journal.create(tmp_path / "new", now=clock) as new, pytest.raises(Refused, match="assignment"):
        outbox.submission(new, [], now=clock())


def test_a_file_goes_where_it_was_said_and_over_no_other(tmp_path: Path) -> None:
    """Into a folder by its own name; a name without an ending gets the right one."""
    assert outbox.new_file(tmp_path, "a.submission") == tmp_path / "a.submission"
    assert outbox.new_file(tmp_path / "b", "a.submission") == tmp_path / "b.submission"
    assert outbox.new_file(tmp_path / "b.txt", "a.submission") == tmp_path / "b.txt"
    (tmp_path / "a.submission").touch()
    with pytest.raises(Refused) as said:
        outbox.new_file(tmp_path, "a.submission")
    assert str(tmp_path / "a.submission") in str(said.value)

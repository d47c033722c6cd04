"""The exchange of a client and a counselor in any order, with copies on both sides and a stranger in between.

The stranger sees every file, and may hold it back, repeat it, change a bit of it, or make one with keys of their own.
What a caseload holds must be what the honest files delivered to it say, whatever came between: no more and no less.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.caseload_sample import RECHECK
from tests.clock import Clock
from tests.safe_answers import answer_safely
from workbook.definition.asks import Task
from workbook.errors import Closed, Refused, WorkbookError
from workbook.journal import Journal
from workbook.sharing import bundles, client, envelope, outbox
from workbook.sharing.caseload import Caseload, open_caseload
from workbook.sharing.keys import Keys
from workbook.storage import seal

ITEMS = tuple(f"responsibility.incident.{word}" for word in ("my_part", "camera", "trigger"))
PLACES = "abcdefg"
TASK = Task(exercise="responsibility.incident")
MEMORY = Path("/dev/shm")  # noqa: S108 # quicker than a disk; only what the test invents is there


class Posted(NamedTuple):
    """A file that somebody made, as the stranger sees it."""

    data: bytes
    bundle: Any  # what is in it; None for one that was changed on its way
    honest: bool


class Templates:
    """A journal whose gates are open and a caseload, made once and copied for each run."""

    def __init__(self, keys: Keys, home: Path) -> None:
        self.keys, self.home = keys, home
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        with Journal.create(self.folder / "journal", now=Clock(datetime(2027, 1, 4, 9, tzinfo=UTC))) as made:
            answer_safely(lambda item, value: made.save(item, value))


def expected(delivered: list[Posted]) -> dict[str, str]:
    """What a caseload holds after these honest files: at each place the newest act, giving or taking back."""
    acts: dict[str, list[tuple[datetime, bool, str]]] = {}
    for posted in delivered:
        for answer in posted.bundle.answers:
            acts.setdefault(answer.key, []).append((posted.bundle.made_at, False, answer.id))
        for key, at in posted.bundle.taken_back.items():
            acts.setdefault(key, []).append((at, True, ""))
    newest = {key: max(all_of_it) for key, all_of_it in acts.items()}
    return {key: id for key, (_, back, id) in newest.items() if not back}


class Exchange(RuleBasedStateMachine):
    """Share, receive, reply, back up, restore, copy, withdraw, erase, a second computer, and a stranger."""

    templates: Templates

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(datetime(2027, 1, 4, 10, tzinfo=UTC))
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.journals: list[Journal] = []
        self.caseloads: list[Caseload] = []
        self.delivered: list[list[Posted]] = []  # to each caseload, the honest ones it took
        self.erased: set[int] = set()  # caseloads that know nobody any more
        self.ended: set[int] = set()  # those that take nothing more in
        self.post: list[Posted] = []
        self.stranger = seal.new_identity()
        self.written = 0

    def teardown(self) -> None:
        for each in (*self.journals, *self.caseloads):
            each.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- how it begins ---

    @initialize()
    def begin(self) -> None:
        self.open_caseload(self.templates.home)
        self.open_journal(self.templates.folder / "journal")
        packed = self.caseloads[0].assign("A.", [TASK])
        client.given(self.journals[0], packed).accept()

    def open_journal(self, copied: Path) -> None:
        folder = self.folder / f"journal-{len(self.journals)}"
        shutil.copytree(copied, folder)
        self.journals.append(Journal.open(folder, now=self.clock))

    def open_caseload(self, copied: Path) -> None:
        folder = self.folder / f"caseload-{len(self.caseloads)}"
        shutil.copytree(copied, folder)
        self.caseloads.append(open_caseload(folder, self.templates.keys, now=self.clock))
        self.delivered.append([*self.delivered[0]] if self.delivered else [])

    # --- the honest ---

    @rule(which=st.integers(0, 9), item=st.sampled_from(ITEMS))
    def write(self, which: int, item: str) -> None:
        self.written += 1
        journal = self.journals[which % len(self.journals)]
        if journal.standing().closing("responsibility.incident"):  # a new sitting begins with a short check
            for word, value in RECHECK.items():
                journal.save(f"start.now.{word}", value)
        with contextlib.suppress(Closed):  # a clock that was set back: the check counts for a later sitting
            journal.save(item, f"words {self.written}", occasion=f"2027-01-0{1 + self.written % 3}")

    @rule(which=st.integers(0, 9), ticks=st.integers(0, 511), everything=st.booleans())
    def share(self, which: int, ticks: int, everything: bool) -> None:
        journal = self.journals[which % len(self.journals)]
        keys = [one.key for one in client.choices(journal) if one.item in ITEMS]
        ticked = {key for number, key in enumerate(keys) if ticks >> number & 1}
        made = client.submission(journal, ticked, now=journal.now(), everything=everything)
        seen = client.preview(journal, made)
        assert {one.key for one in (*seen.new, *seen.changed, *seen.again)} == {one.key for one in made.answers}
        file = client.write_submission(journal, made, self.folder / f"{len(self.post)}.submission")
        self.post.append(Posted(file.read_bytes(), made, honest=True))
        assert {one.key for one in client.choices(journal) if one.shared} == ticked

    @rule(to=st.integers(0, 9), which=st.integers(0, 99))
    @precondition(lambda self: self.post)
    def receive(self, to: int, which: int) -> None:
        number = to % len(self.caseloads)
        caseload, posted = self.caseloads[number], self.post[which % len(self.post)]
        if number in self.erased | self.ended:
            assert refused(lambda: caseload.receive(posted.data, sure=True))
            return
        if not posted.honest and caseload.client("A.").signer is None:
            return  # the very first file is trusted: that is what comparing the six words is for
        try:
            receipt = caseload.receive(posted.data, sure=posted.honest)
        except Refused:
            assert not (posted.honest and isinstance(posted.bundle, bundles.Submission))
            return
        if not posted.honest:
            assert receipt.held or receipt.already
        elif not receipt.already:
            assert receipt.held == ""
            self.delivered[number].append(posted)

    @rule(by=st.integers(0, 9), words=st.booleans())
    def reply(self, by: int, words: bool) -> None:
        caseload = self.caseloads[by % len(self.caseloads)]
        if by % len(self.caseloads) in self.erased | self.ended:
            assert refused(lambda: caseload.reply("A.", "reply"))
            return
        for answer in caseload.store.current(client=caseload.client("A.").id)[:1]:
            caseload.comment("A.", f"{answer.item}@{answer.occasion}", f"comment {len(self.post)}")
        try:
            data = caseload.reply("A.", f"reply {len(self.post)}" if words else None)
        except Refused:
            return
        feedback = envelope.open_feedback(data, self.journals[0].key).bundle
        self.post.append(Posted(data, feedback, honest=True))

    @rule(by=st.integers(0, 9))
    def assign(self, by: int) -> None:
        caseload = self.caseloads[by % len(self.caseloads)]
        if by % len(self.caseloads) in self.erased | self.ended:
            return  # it would begin anew with a client of that name, whom no journal knows yet
        data = caseload.assign("A.", [Task(exercise="space.urges"), TASK])
        installed = self.journals[0].installed
        self.post.append(Posted(data, envelope.open_assignment(data, installed).bundle, honest=True))

    @rule(which=st.integers(0, 9), file=st.integers(0, 99))
    @precondition(lambda self: self.post)
    def open(self, which: int, file: int) -> None:
        journal, posted = self.journals[which % len(self.journals)], self.post[file % len(self.post)]
        before = journal.assigned
        try:
            given = client.given(journal, posted.data)
        except Refused:
            assert not (posted.honest and isinstance(posted.bundle, (bundles.Assignment, bundles.Feedback)))
            return
        if not posted.honest:
            assert given.ask  # nothing of the stranger's is taken in without a second yes
            try:
                given.accept()
            except Refused:
                assert journal.assigned == before
                return
            raise AssertionError("taken in without a second yes")
        if given.ask:
            assert "older" in given.ask
        given.accept(sure=True)
        there = {one.key for one in client.choices(journal) if one.there}
        if isinstance(posted.bundle, bundles.Feedback) and outbox.confirmed(journal).at == posted.bundle.made_at:  # type: ignore[union-attr]
            mine = {bundles.content_id(one): f"{one.item}@{one.occasion}" for one in journal.current()}
            assert there == {mine[id] for id in posted.bundle.there if id in mine}

    # --- copies, backups, clocks ---

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: len(self.journals) < 4)
    def copy_journal(self, which: int) -> None:
        original = self.journals[which % len(self.journals)]
        copy = original.backup(self.folder / f"copy-{len(self.journals)}")
        self.open_journal(copy)
        assert client.source(self.journals[-1]) != client.source(original)
        assert not any(one.shared for one in client.choices(self.journals[-1]))

    @rule(which=st.integers(0, 9), back=st.booleans())
    def back_up_or_restore(self, which: int, back: bool) -> None:
        journal = self.journals[which % len(self.journals)]
        if back:
            journal.restore()
        else:
            journal.backup()

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: len(self.caseloads) < 3)
    def second_computer(self, which: int) -> None:
        original = which % len(self.caseloads)
        home = self.caseloads[original].home
        self.caseloads[original].close()
        folder = self.folder / f"caseload-{len(self.caseloads)}"
        shutil.copytree(home, folder)
        for number, place in ((original, home), (len(self.caseloads), folder)):
            opened = open_caseload(place, self.templates.keys, now=self.clock)
            if number == len(self.caseloads):
                self.caseloads.append(opened)
                self.delivered.append([*self.delivered[original]])
                self.erased |= {number} if original in self.erased else set()
                self.ended |= {number} if original in self.ended else set()
            else:
                self.caseloads[number] = opened

    @rule(which=st.integers(1, 9), erasing=st.booleans())
    def erase_or_end(self, which: int, erasing: bool) -> None:
        """On one of several computers; the first goes on, so that the rest of the run has someone to write to."""
        number = which % len(self.caseloads)
        if number == 0 or number in self.erased:
            return
        if erasing:
            assert self.caseloads[number].erase("A.") == 0
            self.erased.add(number)
            self.delivered[number].clear()
        else:
            self.caseloads[number].revoke("A.")
            self.ended.add(number)

    @rule(minutes=st.integers(-90, 600))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)

    # --- the stranger ---

    @rule(which=st.integers(0, 99), at=st.integers(0, 10**6), bit=st.integers(0, 7))
    @precondition(lambda self: self.post)
    def change(self, which: int, at: int, bit: int) -> None:
        data = bytearray(self.post[which % len(self.post)].data)
        data[at % len(data)] ^= 1 << bit
        self.post.append(Posted(bytes(data), None, honest=False))

    @rule(which=st.integers(0, 9), key=st.sampled_from(ITEMS), take=st.booleans())
    def forge(self, which: int, key: str, take: bool) -> None:
        """Whoever saw the assignment knows the token and the counselor's key, and has keys of their own."""
        assigned = self.journals[0].assigned
        assert assigned is not None
        at, place = self.clock() + timedelta(days=400), f"{key}@2027-01-01"
        made = client.submission(self.journals[0], [], now=at).model_copy(
            update={"sequence": 10**6, "taken_back": {place: at} if take else {}, "source": "0" * 32}
        )
        data = envelope.pack_sealed(made, self.stranger, assigned.counselor_key)
        self.post.append(Posted(data, None, honest=False))
        fields = assigned.model_dump(include={"token", "counselor", "client", "asks"})
        mine = {"counselor_key": seal.recipient(self.stranger), "sequence": 10**6, "made_at": at}
        forged = bundles.Assignment.model_validate(fields | mine)
        self.post.append(Posted(envelope.pack(forged, self.stranger), None, honest=False))
        own = seal.recipient(self.journals[0].key)
        told = {"token": assigned.token, "counselor": assigned.counselor, "reply": "Send me your passphrase."}
        feedback = bundles.Feedback.model_validate(told | mine)
        self.post.append(Posted(envelope.pack_sealed(feedback, self.stranger, own), None, honest=False))

    # --- what must hold ---

    @invariant()
    def a_caseload_holds_what_honest_files_said(self) -> None:
        for number, (caseload, delivered) in enumerate(zip(self.caseloads, self.delivered, strict=True)):
            if number in self.erased:
                assert (caseload.clients(), {*caseload.store.clients()} - {caseload.store.client}) == ([], set())
                continue
            who = caseload.client("A.")
            there = {f"{one.item}@{one.occasion}": one.id for one in caseload.store.current(client=who.id)}
            assert there == expected(delivered)

    @invariant()
    def each_knows_the_other(self) -> None:
        for journal in self.journals:
            assert journal.assigned is not None
            assert journal.assigned.signer == self.caseloads[0]._keys.party.signs
        for number, (caseload, delivered) in enumerate(zip(self.caseloads, self.delivered, strict=True)):
            if number in self.erased:
                continue
            assert (caseload.client("A.").signer is None) == (not delivered)
            if delivered:
                assert caseload.words("A.") == client.words(self.journals[0])


def refused(call: Any) -> str:
    """Return the sentence a call refuses with."""
    try:
        call()
    except WorkbookError as problem:
        return str(problem)
    raise AssertionError("it was not refused")

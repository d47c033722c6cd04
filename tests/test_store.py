"""An answer that was acknowledged is on the disk, with every version before it, whatever happens next."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import tempfile
import textwrap
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from tests.clock import Clock
from workbook.errors import Damaged, StoreError
from workbook.storage.owners import claim
from workbook.storage.schema import MIGRATIONS
from workbook.storage.sqlite import connect
from workbook.storage.store import Event, Store, StoredAnswer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MONDAY = {
    "item": "responsibility.incident.my_part",
    "exercise": "responsibility.incident",
    "occasion": "once",
    "status": "answered",
    "prompt": "What was my part?",
    "label": "I shouted.",
    "kind": "longtext",
    "fingerprint": "f1",
}


class Place(NamedTuple):
    """Where a store is kept: a file, a locked file, or a database on a server."""

    where: Path | str
    key: bytes | None = None

    def open(self, **options: Any) -> Store:
        return Store(self.where, self.key, owner="" if isinstance(self.where, Path) else "0" * 32, **options)

    @property
    def name(self) -> str:
        return "the database" if isinstance(self.where, str) else str(self.where)


PLACES = ("sqlite", "sqlcipher", "postgresql")
on_a_disk = pytest.mark.parametrize("place", PLACES[:2], indirect=True)  # what only a file can do


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Every test that asks for a store runs against each kind."""
    if request.param == "postgresql":
        return Place(request.getfixturevalue("postgresql").database())
    return Place(tmp_path / "answers.sqlite", bytes(range(32)) if request.param == "sqlcipher" else None)


@pytest.fixture
def file(place: Place) -> Path:
    assert isinstance(place.where, Path)
    return place.where


@pytest.fixture
def store(place: Place, clock: Clock):
    with place.open(now=clock) as store:
        yield store


def test_a_saved_answer_is_read_back_whole(store: Store):
    """What was saved comes back: value, wording, kind, time and place."""
    saved = store.save(value={"ack": "I shouted.", "n": 1.5, "list": [1, "2"]}, **MONDAY)

    assert store.current() == [saved] == store.history()
    assert saved == StoredAnswer(
        id=saved.id,
        version=1,
        value={"ack": "I shouted.", "n": 1.5, "list": [1, "2"]},
        begun_at=START,
        answered_at=START,
        begun=1,
        saved=1,
        zone=0,
        **MONDAY,
    )


def test_an_answer_is_not_in_its_repr(store: Store):
    """Shown as the last line of a cell, a saved answer must not end up in the notebook."""
    saved = store.save(value="canary", **MONDAY | {"label": "canary", "prompt": "canary?"})

    assert "canary" not in repr(saved) + repr(store) + repr(store.current())


def test_an_edit_within_two_minutes_is_the_same_version(store: Store, clock: Clock):
    """A version is a pause, not a keystroke."""
    first = store.save(value="I", **MONDAY)
    clock.forward(seconds=119)
    second = store.save(value="I shouted.", **MONDAY)

    assert (second.id, second.version, second.begun_at) == (first.id, 1, START)
    assert [version.value for version in store.history()] == ["I shouted."]


def test_two_minutes_count_from_the_last_save(store: Store, clock: Clock):
    """Someone who writes for an hour without a pause writes one version."""
    for _ in range(60):
        store.save(value="more", **MONDAY)
        clock.forward(minutes=1)

    assert [(version.version, version.begun_at) for version in store.history()] == [(1, START)]


def test_a_pause_begins_a_new_version(store: Store, clock: Clock):
    """After two minutes the earlier words are kept."""
    store.save(value="first", **MONDAY)
    clock.forward(minutes=2)
    store.save(value="second", **MONDAY)

    assert [(version.version, version.value) for version in store.history()] == [(1, "first"), (2, "second")]
    assert [answer.value for answer in store.current()] == ["second"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "skipped", "value": None},
        {"status": "blank", "value": None},
        {"prompt": "What did I do?"},
        {"fingerprint": "f2"},
        {"page": "another page"},
        {"occasion": "2026-03-02"},
        {"client": "someone else"},
    ],
    ids=lambda change: next(iter(change)) + "=" + str(next(iter(change.values()))),
)
def test_what_differs_in_kind_is_never_merged(store: Store, change: dict[str, object]):
    """A refusal, a changed question or another page's words do not replace an answer, however soon."""
    store.save(**{"value": "first", **MONDAY})
    store.save(**{"value": "second", **MONDAY, **change})

    kept = {version.value for client in store.clients() for version in store.history(client=client)}
    assert kept == {"first", change.get("value", "second")}


def test_a_version_that_was_sent_is_never_changed(store: Store):
    """What a counselor holds under an id stays what it was."""
    sent = store.save(value="first", **MONDAY)
    store.close_versions([sent.id])
    store.save(value="second", **MONDAY)

    assert [version.value for version in store.history()] == ["first", "second"]


def test_a_clock_going_backwards_loses_nothing(store: Store, clock: Clock):
    """The newest version is the one saved last, not the one with the latest time."""
    store.save(value="at nine", **MONDAY)
    clock.forward(days=-400)
    store.save(value="a year before, says the clock", **MONDAY)
    clock.forward(seconds=10)
    store.save(value="edited", **MONDAY)

    assert [version.value for version in store.history()] == ["at nine", "edited"]
    assert [answer.value for answer in store.current()] == ["edited"]


def test_the_order_of_saves_needs_no_clock(store: Store, clock: Clock):
    """Which version was begun, and which was saved, before which other is counted, whatever the clock shows."""
    tuesday = MONDAY | {"item": "responsibility.incident.their_view"}
    clock.forward(days=3650)
    store.save(value="wrong year", **MONDAY)
    clock.forward(days=-3650)
    store.save(value="her", **tuesday)
    store.save(value="her view", **tuesday)
    clock.forward(minutes=5)
    store.save(value="right year", **MONDAY)
    store.event("gate-closed", "G5")

    told = [(version.value, version.begun, version.saved) for version in store.history()]
    assert told == [("wrong year", 1, 1), ("right year", 4, 4), ("her view", 2, 3)]
    assert [event.after for event in store.events()] == [4]


def test_an_answer_knows_the_day_its_writer_had(store: Store, clock: Clock):
    """East and west of Greenwich the day is the person's own; what does not know it is read where they are now."""
    clock.time = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=14)))
    east = store.save(value="early", **MONDAY)
    clock.time = datetime(2026, 3, 2, 23, 30, tzinfo=timezone(-timedelta(hours=9, minutes=30)))
    west = store.save(value="late", **MONDAY)
    elsewhere = east._replace(zone=None)

    assert [one.local().isoformat() for one in (east, west)] == [
        "2026-03-03T00:30:00+14:00",
        "2026-03-02T23:30:00-09:30",
    ]
    assert elsewhere.local(timezone(-timedelta(hours=9))).isoformat() == "2026-03-02T01:30:00-09:00"
    assert store.history() == [east, west]


def test_where_the_person_is_is_said_by_their_own_last_save(store: Store, clock: Clock):
    """The newest save says how far from Greenwich they are; what came from elsewhere does not."""
    said = [store.zone()]
    for hours in (14, -9):
        clock.time = datetime(2026, 3, 3, 0, 30, tzinfo=timezone(timedelta(hours=hours)))
        saved = store.save(value=f"{hours}", **MONDAY)
        said.append(store.zone())
    store.save_many([saved._replace(id="f" * 32, item="start.hopes.hope", saved=0, zone=60)])

    assert [*said, store.zone()] == [None, *(timezone(timedelta(hours=hours)) for hours in (14, -9, -9))]


def test_an_answer_is_found_and_forgotten_by_its_own_place(store: Store):
    """Other items, occasions and clients keep theirs."""
    hope = MONDAY | {"item": "start.hopes.hope", "exercise": "start.hopes"}
    tuesday = MONDAY | {"occasion": "2026-03-03"}
    for client in ("A.", "B."):
        for value, place in (("monday", MONDAY), ("hope", hope), ("tuesday", tuesday)):
            store.save(value=value, client=client, **place)

    def values(answers: list[StoredAnswer]) -> list[str]:
        return sorted(answer.value for answer in answers)

    assert values(store.current(client="A.", exercise="start.hopes")) == ["hope"]
    assert values(store.history(client="A.", occasion="2026-03-03")) == ["tuesday"]
    assert store.forget(MONDAY["item"], "once", client="A.") == 1
    assert values(store.history(client="A.")) == ["hope", "tuesday"]
    assert values(store.history(client="B.")) == ["hope", "monday", "tuesday"]


def test_half_an_emoji_does_not_cost_the_answer(store: Store):
    """A browser may send a lone surrogate; the rest of the words are kept."""
    store.save(value="sad \ud83d", **MONDAY | {"label": "sad \ud83d"})

    assert [(answer.value, answer.label) for answer in store.current()] == [("sad ?", "sad ?")]


def test_receiving_twice_changes_nothing(store: Store, tmp_path: Path, clock: Clock):
    """Answers that come from elsewhere keep their id and time, and an older one never becomes the newest."""
    with Store(tmp_path / "theirs.sqlite", now=clock) as theirs:
        first = theirs.save(value="first", **MONDAY)
        clock.forward(minutes=5)
        second = theirs.save(value="second", **MONDAY)

    assert [store.save_many([second], client="A."), store.save_many([second, first], client="A.")] == [1, 1]
    assert store.save_many([second, first], client="A.") == 0
    assert store.history(client="A.") == [first, second]
    assert store.current(client="A.") == [second]
    assert store.everyone("client", "item", "value") == [("A.", MONDAY["item"], '"second"')]
    assert store.everyone("version", clients=["B."]) == []
    assert store.current() == []


def test_two_versions_of_one_number_become_neighbours(store: Store):
    """Another answer under a number that is taken gets the next; what each holds is its own."""
    answer = store.save(value=[1, 2], **MONDAY)
    store.save_many([answer._replace(id="f" * 32)])
    first, second = store.history()
    first.value.append(3)

    assert [(one.id, one.version, one.value) for one in (first, second)] == [
        (answer.id, 1, [1, 2, 3]),
        ("f" * 32, 2, [1, 2]),
    ]


def test_everyone_is_read_at_once(store: Store):
    """What is kept of many clients comes in one answer, the newest of each."""
    store.record("profile", "profile", {"name": "A."}, client="a")
    store.record("profile", "profile", {"name": "B."}, client="b")
    store.record("profile", "profile", {"name": "C."}, client="b")
    store.event("shared", count=2, client="b")

    kept = [(record.client, record.payload) for record in store.records_of_everyone("profile")]
    assert kept == [("a", {"name": "A."}), ("b", {"name": "C."})]
    assert [(event.client, event.count) for event in store.events_of_everyone()] == [("b", 2)]


def test_together_is_all_or_nothing(store: Store):
    """A submission that fails half way leaves nothing behind."""

    def half_a_submission() -> None:
        with store.together():
            store.save(value="half", **MONDAY)
            store.record("sent", "1", {"n": 1})
            assert len(store.current()) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_a_submission()
    assert (store.current(), store.records("sent")) == ([], [])


def test_events_and_records_are_kept_in_order(store: Store, clock: Clock):
    """An event holds no content; a record is what it was last, and a removed one is gone."""
    store.event("gate-closed", "G5")
    clock.forward(hours=1)
    store.event("shared", count=3)
    store.record("setting", "region", {"code": "US"})
    store.record("setting", "region", {"code": "CA"})
    store.record("setting", "old", {"code": "x"})
    store.record("setting", "old", None)

    assert store.events() == [
        Event(kind="gate-closed", rule="G5", count=0, at=START, client="me"),
        Event(kind="shared", rule="", count=3, at=START + timedelta(hours=1), client="me"),
    ]
    assert [(record.key, record.payload) for record in store.records("setting")] == [("region", {"code": "CA"})]


@pytest.mark.parametrize("remove", ["erase", "forget"])
@on_a_disk
def test_what_is_removed_is_gone_from_the_disk(store: Store, file: Path, remove: str):
    """Erased words are overwritten, in the file and in its log."""
    store.save(value="canary", client="A.", **MONDAY | {"label": "canary"})
    store.save(value="kept", client="B.", **MONDAY)
    if remove == "erase":
        store.erase("A.")
    else:
        assert store.forget(MONDAY["item"], "once", client="A.") == 1
        store.shrink()

    assert [answer.value for answer in store.current(client="B.")] == ["kept"]
    assert store.history(client="A.") == []
    assert all(b"canary" not in path.read_bytes() for path in file.parent.iterdir())


@on_a_disk
def test_only_its_owner_may_read_the_file(store: Store, file: Path):
    """The file and its log are private whatever the umask says."""
    store.save(value="x", **MONDAY)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
    assert modes == dict.fromkeys(["answers.sqlite", "answers.sqlite-wal", "answers.sqlite-shm"], 0o600)


@on_a_disk
def test_every_acknowledged_save_reaches_the_disk_first(place: Place, file: Path):
    """SQLite waits for the disk at every commit, keeps a log, checks keys and overwrites what is deleted."""
    connection = connect(file, place.key)
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "temp_store", "busy_timeout")
    said = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
    connection.close()

    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "secure_delete": 1,
        "temp_store": 2,
        "busy_timeout": 60_000,
    }


# --- migrations ---


def _add_colour(connection: sa.Connection) -> None:
    connection.execute(sa.text("ALTER TABLE events ADD COLUMN colour TEXT"))


def _power_cut(connection: sa.Connection) -> None:
    connection.execute(sa.text("DROP TABLE records"))
    connection.execute(sa.text("DELETE FROM answers"))
    os.kill(os.getpid(), 9)


def test_an_older_journal_is_brought_up_to_date(store: Store, place: Place):
    """A new version of the program adds its migrations and every answer stays."""
    store.save(value="kept", **MONDAY)
    store.close()

    with place.open(migrations=(*MIGRATIONS, _add_colour)) as newer:
        assert [answer.value for answer in newer.current()] == ["kept"]
        assert _migrated(newer) == [(1, "first_tables"), (2, "order_and_zone"), (3, "owner"), (4, "add_colour")]


def _migrated(store: Store) -> list[tuple[int, str]]:
    with store._engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT version, name FROM migrations ORDER BY version"))
        return [tuple(row) for row in rows]


def test_an_order_is_found_for_answers_that_had_none(place: Place, clock: Clock):
    """Answers of the first version, which kept no order, get that of their clock; nothing else of them changes."""
    columns = ("answers DROP COLUMN begun", "answers DROP COLUMN saved", "answers DROP COLUMN zone")
    with (
        place.open(now=clock, migrations=MIGRATIONS[:1]) as older,
        older._engine.begin() as connection,  # the first version's file had no such columns
    ):
        connection.execute(sa.text("DROP INDEX answers_saved"))
        owners = (f"{table} DROP COLUMN owner" for table in ("answers", "events", "records"))
        for change in (*columns, "events DROP COLUMN after", *owners):
            connection.execute(sa.text(f"ALTER TABLE {change}"))
        for item, at in (("b", "2026-03-02T09:00:00.000000+00:00"), ("a", "2026-03-01T09:00:00.000000+00:00")):
            connection.execute(
                sa.text(
                    "INSERT INTO answers (client, item, occasion, version, id, exercise, status, value, label, prompt,"
                    " kind, fingerprint, begun_at, answered_at, sitting) VALUES"
                    " ('me', :item, 'once', 1, :id, 'e.e', 'answered', '1', '', '', 'number', 'f', :at, :now, NULL)"
                ),
                {"item": item, "id": item, "at": at, "now": at},
            )
        asked = "INSERT INTO records (client, kind, key, at, payload) VALUES ('me', 'assignment', 'current', :at, :its)"
        connection.execute(sa.text(asked), {"at": at, "its": '{"counselor_key":"age1mine"}'})
    with place.open(now=clock) as store:
        if isinstance(place.where, str):  # where many share a server, a key shows whose they are
            assert store.history() == []
            claim(store, ["age1mine"])
        store.check()
        assert [(one.item, one.begun, one.saved, one.zone, one.value) for one in store.history()] == [
            ("a", 1, 1, None, 1),
            ("b", 2, 2, None, 1),
        ]
        assert store.save(value="x", **MONDAY).saved == 3


def test_a_journal_of_a_newer_version_is_refused_and_unchanged(store: Store, place: Place):
    """An older program never writes into what it does not understand."""
    store.save(value="kept", **MONDAY)
    newer = place.open(migrations=(*MIGRATIONS, _add_colour))
    before = _migrated(newer), newer.history()

    with pytest.raises(StoreError) as refused:
        place.open()

    assert str(refused.value) == (
        f"{place.name} was written by a newer version of Mend (schema 4; this one knows 3). "
        "Nothing was changed. Install the newer version to open it."
    )
    assert (_migrated(newer), newer.history()) == before
    newer.close()


@pytest.mark.process
def test_a_power_cut_in_a_migration_changes_nothing(store: Store, place: Place):
    """A migration is whole or not at all; the next start does it again."""
    store.save(value="kept", **MONDAY)
    store.close()
    died = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.path.insert(0, sys.argv[3]); import test_store as t;"
            "where = sys.argv[1] if '://' in sys.argv[1] else t.Path(sys.argv[1]);"
            "place = t.Place(where, bytes.fromhex(sys.argv[2]) or None);"
            "place.open(migrations=(*t.MIGRATIONS, t._power_cut))",
            str(place.where),
            (place.key or b"").hex(),
            str(Path(__file__).parent),
        ],
        check=False,
    )

    assert died.returncode == -9
    with place.open(migrations=(*MIGRATIONS, _add_colour)) as after:
        assert [answer.value for answer in after.current()] == ["kept"]
        assert after.records("setting") == []


# --- faults, each with its sentence ---


@pytest.mark.process
@on_a_disk
def test_a_full_disk_is_said_and_loses_nothing(place: Place, file: Path):
    """When a file may not grow, the save is refused in words and everything before it is there."""
    script = """
        import resource, sys
        from tests.test_store import MONDAY, Store, StoreError
        store = Store(sys.argv[1], bytes.fromhex(sys.argv[2]) or None)
        store.save(value="kept", **MONDAY)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        try:
            store.save(value="x" * 1_000_000, **MONDAY | {"page": "b"})
        except StoreError as error:
            print(error)
        print([answer.value for answer in store.current()])
    """
    said = _in_another_process(script, file, (place.key or b"").hex())

    assert said[0] in {
        f"The disk is full, so {file} could not be written. Free some space; nothing saved was lost.",
        f"The disk refused to write {file}. Is it full, or was it removed? Nothing saved was lost.",
    }
    assert said[1:] == ["['kept']"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 200_000


def test_a_folder_that_is_not_there_is_said(tmp_path: Path):
    """A missing folder is one sentence, not a traceback."""
    with pytest.raises(StoreError) as refused:
        Store(tmp_path / "gone" / "answers.sqlite")

    assert str(refused.value) == (
        f"{tmp_path / 'gone' / 'answers.sqlite'} cannot be opened. Does its folder exist, and may you write in it?"
    )


@pytest.mark.process
def test_a_read_only_folder_is_said():
    """A journal that may only be read refuses in words and stays as it is."""
    script = """
        import os, sys
        from pathlib import Path
        from tests.test_store import MONDAY, Store, StoreError
        folder = Path(sys.argv[1])
        file = folder / "answers.sqlite"
        with Store(file) as store:
            store.save(value="kept", **MONDAY)
        before = file.read_bytes()
        file.chmod(0o444)
        folder.chmod(0o555)
        if os.geteuid() == 0:  # root may write anywhere
            os.seteuid(65534)
        try:
            Store(file).save(value="lost", **MONDAY)
        except StoreError as error:
            print(error)
        print(file.read_bytes() == before)
        folder.chmod(0o755) if os.getuid() else os.seteuid(0)
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        said = _in_another_process(script, folder)

    assert said == [
        f"{folder}/answers.sqlite is read-only, so nothing can be saved. Make its folder writable or move the journal.",
        "True",
    ]


@pytest.mark.parametrize("how", ["overwritten", "cut short", "text"])
@on_a_disk
def test_a_damaged_file_is_said_and_kept(store: Store, place: Place, file: Path, how: str):
    """What cannot be read is left as it is."""
    for n in range(200):
        store.save(value="x" * 500, **MONDAY | {"item": f"a.b.c{n}"})
    store.close()
    whole = file.read_bytes()
    damaged = {
        "overwritten": b"\0" * 100 + whole[100:],
        "cut short": whole[:5000],
        "text": b"This is not a database. " * 400,
    }[how]
    file.write_bytes(damaged)

    with pytest.raises(StoreError, match="is damaged") as refused:
        place.open().check()

    assert str(file) in str(refused.value)
    assert file.read_bytes() == damaged


@pytest.mark.parametrize("version", [0, 7])
def test_a_list_of_migrations_that_does_not_add_up_is_damage(store: Store, place: Place, version: int):
    """Which version of the program wrote a file is not guessed, and nobody waits for ever."""
    with store._writing() as connection:
        connection.execute(
            sa.text("UPDATE migrations SET version = :version WHERE version = :last"),
            {"version": version, "last": len(MIGRATIONS)},
        )
    store.close()

    with pytest.raises(Damaged) as refused:
        place.open()

    assert str(refused.value) == f"{place.name} is damaged. It was not changed. A backup beside it may be whole."


# --- many at once; killed at any moment (the long forms are in tests/soak) ---


@pytest.mark.process
def test_four_processes_save_at_once_and_none_is_refused(place: Place):
    """Several kernels write one journal; every save of each is in history."""
    sys.path.insert(0, str(Path(__file__).parent / "soak"))
    from many_writers import run

    assert run(place.where, writers=4, saves=100, key=(place.key or b"").hex()).lost == []


@pytest.mark.process
@on_a_disk
def test_a_killed_writer_loses_nothing_it_acknowledged(place: Place, file: Path):
    """Whenever the process dies, what it said it saved is there and the file is sound."""
    sys.path.insert(0, str(Path(__file__).parent / "soak"))
    from killed_writer import run

    result = run(file, kills=25, seed=1, key=(place.key or b"").hex())
    assert (result.missing, result.damaged) == ([], 0)
    assert result.acknowledged >= 13  # every second one wrote before it died


def _in_another_process(script: str, *args: object) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, args)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    return run.stdout.splitlines()

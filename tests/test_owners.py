"""Several counselors on one PostgreSQL server: nobody sees, changes or erases what is another's."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.caseload_sample import CAMERA, NOW, PART, PASSPHRASE, Clock, ask, journal_of, sealed
from workbook.cli import client as cli
from workbook.errors import Refused, StoreError, UnknownId
from workbook.page.panels import caseload_panel
from workbook.sharing import caseload, keys
from workbook.sharing.caseload import Caseload, open_caseload
from workbook.storage import owners, seal
from workbook.storage.division import TABLES
from workbook.storage.mail import Mail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgresql import Server
    from workbook.journal import Journal

DOCUMENT = Path(__file__).parents[1] / "docs" / "sharing.md"
EVERY = "SELECT {columns} FROM {table} ORDER BY {columns}"


class Desk(NamedTuple):
    """One counselor: where their keys are, and their account on the server."""

    home: Path
    keys: keys.Keys
    url: str

    def open(self, clock: Clock) -> Caseload:
        return open_caseload(self.home, self.keys, store=self.url, now=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def keyed_too(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, keys.Keys]:
    """Another counselor's keys, under the same passphrase."""
    home = keys.keygen(tmp_path_factory.mktemp("keyed-too") / "caseload", PASSPHRASE, counselor="Dr. Other")
    return home, keys.unlock(home, PASSPHRASE)


@pytest.fixture(params=["an account each", "one account", "the administrator's account"])
def desks(request: pytest.FixtureRequest, home: Path, keyed: Any, keyed_too: Any, tmp_path: Path) -> list[Desk]:
    """Two counselors on one database.

    An administrator of the server is not watched over by it, so there only our own statements keep them apart.
    """
    server: Server = request.getfixturevalue("postgresql")
    url = server.database()
    urls = [url, url]
    if request.param == "one account":
        urls = [server.account(url, "practice", owns=True)] * 2
    elif request.param == "an account each":
        server.account(url, "practice", owns=True)
        made = Desk(home, keys.Keys((seal.new_identity(),), ""), server.account(url, "practice"))
        open_caseload(home, made.keys, store=made.url).close()  # the tables are the practice's
        urls = [server.account(url, name) for name in ("lee", "other")]
        for account in ("lee", "other"):
            server.ask(url, *granted(account))
    too = shutil.copytree(keyed_too[0], tmp_path / "other")
    return [Desk(home, keyed[1], urls[0]), Desk(too, keyed_too[1], urls[1])]


def granted(account: str) -> list[str]:
    """The statements that docs/sharing.md gives an administrator, for one account."""
    [block] = re.findall(r"```sql\n(GRANT.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    return [one.strip().replace("lee", account) for one in block.split(";") if one.strip()]


@pytest.fixture
def journals(tmp_path: Path, clock: Clock) -> Iterator[list[Journal]]:
    with journal_of(tmp_path / "first", clock) as first, journal_of(tmp_path / "second", clock) as second:
        yield [first, second]


def fill(opened: Caseload, journal: Journal, word: str) -> None:
    """Ask, receive, reply and note with a client who is called A; `word` is none that the six to compare can be."""
    ask(opened, journal, "A.", ["responsibility.incident"])
    journal.save(PART, f"{word} said this")
    opened.receive(sealed(journal, PART))
    opened.comment("A.", PART, f"{word} hears this")
    opened.note("A.", f"{word} notes this")
    opened.reply("A.", f"{word} replies this")


def shown(opened: Caseload) -> str:
    """All that a caseload shows anywhere, as text."""
    parts = [opened.overview().to_dict("records"), opened.audit().to_dict("records"), opened.glances()]
    for client in opened.clients():
        parts += [opened.page(client.name, look=False), opened.record_of(client.name), opened.summary(client.name)]
    return json.dumps(parts, default=str, ensure_ascii=False)


def test_no_counselor_sees_changes_or_erases_what_is_anothers(
    desks: list[Desk], journals: list[Journal], clock: Clock
) -> None:
    """Each has a client with the same name: list, page, export, audit, reply and erasure are of their own."""
    one, other = desks
    with one.open(clock) as mine, other.open(clock) as theirs:
        for opened, journal, word in ((mine, journals[0], "dugong"), (theirs, journals[1], "quagga")):
            assert (opened.clients(), len(opened.audit())) == ([], 0)
            fill(opened, journal, word)
        for opened, own, foreign in ((mine, "dugong", "quagga"), (theirs, "quagga", "dugong")):
            assert [client.name for client in opened.clients()] == ["A."]
            assert list(opened.audit()["what"]) == ["assigned", "received", "replied"]
            assert (own in shown(opened), foreign in shown(opened)) == (True, False)
        token = theirs.client("A.").token
        assert token not in shown(mine)
        journals[1].save(CAMERA, "quagga looks")
        late = sealed(journals[1], CAMERA)
        with pytest.raises(Refused, match="not sealed for this key"):
            mine.receive(late)
        before = shown(theirs)
        mine.revoke("A.")
        mine.keep_until("A.", NOW.date())
        assert mine.erase("A.") == 0
        assert (mine.clients(), list(mine.audit()["what"])) == ([], ["erased"])
        assert shown(theirs) == before
        with pytest.raises(UnknownId):
            mine.page("A.")
        assert theirs.receive(late).new == 1


@pytest.mark.parametrize("desks", ["one account"], indirect=True)
def test_no_word_is_in_the_log_of_the_server(
    desks: list[Desk], journals: list[Journal], clock: Clock, postgresql: Server
) -> None:
    """A dump of a caseload holds what is in it; the log does not, also when the server refuses a statement."""
    one, _ = desks
    with one.open(clock) as mine:
        fill(mine, journals[0], "shearwater")
        postgresql.ask(
            one.url,
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full up'; END $$",
            "CREATE TRIGGER no BEFORE INSERT ON records FOR EACH ROW EXECUTE FUNCTION no()",
        )
        with pytest.raises(StoreError) as said:
            mine.note("A.", "shearwater again")
        assert "shearwater" not in str(said.value)
    dumped, logged = postgresql.dump(one.url), postgresql.log.read_bytes()
    assert (b"shearwater" in dumped, b"full up" in logged, b"shearwater" in logged) == (True, True, False)


def test_the_page_and_the_commands_of_one_show_nothing_of_the_other(
    desks: list[Desk], journals: list[Journal], clock: Clock, tmp_path: Path
) -> None:
    """The same by the panel's messages, and by each command that reads or writes."""
    one, other = desks
    with other.open(clock) as theirs:
        fill(theirs, journals[1], "quagga")
        before = shown(theirs)
        with one.open(clock) as mine:
            fill(mine, journals[0], "dugong")

        page = caseload_panel.Page(one.home, opener=lambda home, passphrase: one.open(clock))
        said: list[Any] = []
        page.send = lambda content, buffers=None: said.append((content, buffers))
        asked: list[dict[str, object]] = [
            {"type": "unlock", "passphrase": PASSPHRASE},
            {"type": "list"},
            {"type": "audit"},
            {"type": "client", "client": "A."},
            {"type": "export", "client": "A."},
            {"type": "summary", "client": "A."},
        ]
        for message in asked:
            page._receive(None, message, [])
        assert [content["type"] for content, _ in said] == ["open", "list", "audit", "client", "exported", "summary"]
        told = repr(said)
        assert ("dugong" in told, "quagga" in told) == (True, False)
        page._receive(None, {"type": "erase", "client": "A."}, [])
        page._receive(None, {"type": "lock"}, [])
        assert (said[-2][0]["type"], said[-2][0]["left"]) == ("erased", 0)

        def run(*arguments: object) -> str:
            where = ("--home", one.home, "--store", one.url)
            ran = CliRunner().invoke(
                cli.main, [str(each) for each in (*arguments, *where)], env={"WORKBOOK_PASSPHRASE": PASSPHRASE}
            )
            assert "Traceback" not in ran.output
            return ran.output

        assert "There is no client “A.”" in run("caseload", "--client", "A.", "--export", tmp_path / "record.json")
        (tmp_path / "late.submission").write_bytes(sealed(journals[1], PART))
        assert "0 new" not in run("receive", tmp_path / "late.submission")
        assert run("caseload", "--list").strip() == "Nothing yet."
        assert "received" not in run("caseload", "--audit")
        assert not (tmp_path / "record.json").exists()
        assert shown(theirs) == before


def counted(raw: sa.Connection) -> list[int]:
    """How many rows a connection sees, in statements that name no owner."""
    return [raw.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one() for table in TABLES]  # noqa: S608 # ours


@pytest.mark.parametrize("desks", ["an account each", "one account"], indirect=True)
def test_the_server_itself_shows_a_connection_no_row_of_another(
    desks: list[Desk], journals: list[Journal], clock: Clock
) -> None:
    """With statements that name no owner: nothing is read, changed, removed or slipped in."""
    one, other = desks
    with one.open(clock) as mine, other.open(clock) as theirs:
        fill(theirs, journals[1], "quagga")
        named = f"set_config('mend.keys', '{other.keys.owner}', false)"  # an older row's key opens that, and no other's
        for whose in ("", "set_config('mend.owner', '', false)", "set_config('mend.keys', ',age1', false)", named):
            with mine.store._engine.begin() as raw:
                if whose:
                    raw.exec_driver_sql(f"SELECT {whose}")
                assert counted(raw) == [0, 0, 0]
                for table in TABLES:
                    assert raw.exec_driver_sql(f"UPDATE {table} SET client = 'x'").rowcount == 0  # noqa: S608 # ours
                    assert raw.exec_driver_sql(f"DELETE FROM {table}").rowcount == 0  # noqa: S608 # our own names
                known = raw.exec_driver_sql("SELECT owner FROM caseloads WHERE owner <> %s", (one.keys.owner,))
                assert known.all() == []
                raw.exec_driver_sql("SELECT set_config('mend.owner', %s, false)", (one.keys.owner,))
        slipped = "INSERT INTO events (client, at, kind, rule, count, owner) VALUES ('x', '', '', '', 0, %s)"
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), mine.store._engine.begin() as raw:
            raw.exec_driver_sql(slipped, (other.keys.owner,))
        # Nor under a key, which whoever has it would take for their own: a row that bears one is only ever taken.
        keyed = slipped.replace("VALUES (", "SELECT ").replace("%s)", "set_config('mend.keys', %s, true)")
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), mine.store._engine.begin() as raw:
            raw.exec_driver_sql(keyed, (seal.recipient(other.keys.identities[0]),))
        with theirs.store._engine.begin() as raw:
            assert counted(raw)[0] == 1


@pytest.mark.parametrize("desks", ["an account each"], indirect=True)
def test_who_names_anothers_rows_needs_their_account_too(
    desks: list[Desk], journals: list[Journal], clock: Clock
) -> None:
    """With an account each the owner's name alone opens nothing: not by hand, and not with a copy of their keys."""
    one, other = desks
    with one.open(clock) as mine, other.open(clock) as theirs:
        fill(theirs, journals[1], "quagga")
        with mine.store._engine.begin() as raw:
            raw.exec_driver_sql("SELECT set_config('mend.owner', %s, false)", (other.keys.owner,))
            assert counted(raw) == [0, 0, 0]
            assert raw.exec_driver_sql("SELECT owner, role FROM caseloads").all() == []
        slipped = "INSERT INTO caseloads (owner, role) VALUES (%s, 'other')"
        with pytest.raises(sa.exc.ProgrammingError, match="row-level security"), mine.store._engine.begin() as raw:
            raw.exec_driver_sql(slipped, (one.keys.owner,))
        # Nor is a caseload called as a key is, which is no secret: what an older database holds for it would be shown.
        called = "INSERT INTO caseloads (owner, role) SELECT set_config('mend.owner', %s, true), current_user"
        with pytest.raises(sa.exc.IntegrityError, match="caseloads_owner_check"), mine.store._engine.begin() as raw:
            raw.exec_driver_sql(called, (seal.recipient(other.keys.identities[0]),))
    with pytest.raises(StoreError) as said:
        Desk(other.home, other.keys, one.url).open(clock)
    assert str(said.value).replace(other.keys.owner, "OWNER") == (
        "On this server the caseload belongs to another account than “lee”, so it was not opened and nothing was "
        "changed. Use the account it was made with, or ask the administrator of the server (its superuser) to give "
        "it to yours: SET row_security = off; UPDATE caseloads SET role = 'lee' WHERE owner = 'OWNER'"
    )


@pytest.mark.parametrize("desks", ["the administrator's account"], indirect=True)
def test_every_statement_about_rows_names_their_owner(desks: list[Desk], journals: list[Journal], clock: Clock) -> None:
    """Reading, writing, changing and erasing: none trusts the server alone to keep counselors apart."""
    with desks[0].open(clock) as mine:
        asked: list[str] = []
        sa.event.listen(
            mine.store._engine, "before_cursor_execute", lambda c, cursor, statement, *rest: asked.append(statement)
        )
        fill(mine, journals[0], "dugong")
        journals[0].save(PART, "dugong said more", occasion="2027-01-05")
        mine.receive(sealed(journals[0], withdraw=[PART]))
        shown(mine)
        client = mine.client("A.").id
        answer: dict[str, Any] = {"item": PART, "exercise": "responsibility.incident", "occasion": "once"}
        more: dict[str, Any] = {"status": "answered", "prompt": "", "label": "", "kind": "text", "fingerprint": ""}
        for value in ("a", "b"):
            saved = mine.store.save(value=value, client=client, **answer, **more)
        mine.store.close_versions([saved.id], client)
        mine.store.everyone("item", clients=[client])
        mine.erase("A.")
    rows = [one for one in asked if re.search(r"\b(answers|events|records)\b", one)]
    assert {one.split()[0] for one in rows} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert [one for one in rows if not re.search(r"owner = %|\bowner\b.*VALUES", one, re.S)] == []


@pytest.mark.parametrize("desks", ["the administrator's account"], indirect=True)
def test_a_newer_version_of_anothers_hides_none(desks: list[Desk], clock: Clock) -> None:
    """Also where both call a client the same, and the server watches over nobody: the newest is one's own newest."""
    answer: dict[str, Any] = {"item": PART, "exercise": "responsibility.incident", "occasion": "once"}
    more: dict[str, Any] = {"status": "answered", "prompt": "", "label": "", "kind": "text", "fingerprint": ""}
    with desks[0].open(clock) as mine, desks[1].open(clock) as theirs:
        mine.store.save(value="mine", client="A.", **answer, **more)
        for value in ("theirs", "theirs, later"):
            theirs.store.save(value=value, client="A.", **answer, **more)
            clock.forward(minutes=5)
        assert [one.value for one in mine.store.current(client="A.")] == ["mine"]
        assert [one.value for one in theirs.store.current(client="A.")] == ["theirs, later"]


@pytest.mark.parametrize("desks", ["one account"], indirect=True)
def test_opening_waits_for_nobody_who_writes(desks: list[Desk], clock: Clock) -> None:
    """Once the server knows a caseload, it opens while another counselor takes in what came."""
    one, other = desks
    one.open(clock).close()
    with other.open(clock) as theirs, theirs.store.together():
        impatient = one._replace(url=f"{one.url}&options=-c%20lock_timeout%3D1000")
        with impatient.open(clock) as mine:
            assert mine.clients() == []


@pytest.mark.parametrize("desks", ["the administrator's account"], indirect=True)
def test_what_is_kept_for_another_account_is_not_opened_where_the_server_watches_nobody(
    desks: list[Desk], clock: Clock, postgresql: Server
) -> None:
    """Our own statements ask whose a caseload is, and take what bears its key whenever that comes."""
    one, other = desks
    one.open(clock).close()
    postgresql.ask(one.url, "UPDATE caseloads SET role = 'lee'")
    with pytest.raises(StoreError, match="belongs to another account"):
        one.open(clock)
    other.open(clock).close()
    roles = dict(postgresql.ask(one.url, "SELECT owner, role = current_user FROM caseloads"))
    assert roles == {one.keys.owner: False, other.keys.owner: True}
    late = f"VALUES ('x', '', '', '', 0, '{seal.recipient(other.keys.identities[0])}')"
    postgresql.ask(one.url, f"INSERT INTO events (client, at, kind, rule, count, owner) {late}")
    other.open(clock).close()
    assert postgresql.ask(one.url, "SELECT owner FROM events") == [(other.keys.owner,)]


# --- an older database ---


def as_before(server: Server, url: str) -> None:
    """Make of a database one of the version before, in which two caseloads lay mixed."""
    server.ask(
        url,
        *(f"DROP POLICY its_own ON {table}" for table in (*TABLES, "caseloads")),
        *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in TABLES),
        *(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY" for table in TABLES),
        "ALTER TABLE answers DROP CONSTRAINT answers_pkey",
        *(f"ALTER TABLE {table} DROP COLUMN owner" for table in TABLES),
        "ALTER TABLE answers ADD PRIMARY KEY (client, item, occasion, version)",
        "DROP TABLE caseloads, unclaimed",
        "DELETE FROM migrations WHERE version = 3",
    )


def every_row(server: Server, url: str) -> dict[str, list[Any]]:
    """Whatever the rows hold but whose they are and their numbers, sorted."""
    found = {}
    for table in TABLES:
        named = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY 1"
        columns = [name for (name,) in server.ask(url, (named, (table,))) if name not in ("owner", "number")]
        listed = ", ".join(f'"{name}"::text' for name in columns)
        found[table] = sorted(server.ask(url, f"SELECT {listed} FROM {table}"), key=str)  # noqa: S608 # our own names
    return found


@pytest.mark.parametrize("desks", ["one account", "the administrator's account"], indirect=True)
def test_an_older_database_is_divided_by_keys_and_keeps_every_row(
    desks: list[Desk], journals: list[Journal], clock: Clock, postgresql: Server
) -> None:
    """Each takes what they asked for, with an older key too; what bears no key is kept, shown to nobody, and said."""
    one, other = desks
    with one.open(clock) as mine, other.open(clock) as theirs:
        fill(mine, journals[0], "dugong")
        fill(theirs, journals[1], "quagga")
        mine.assign("B.", [])
        mine.erase("B.")
        for opened in (mine, theirs):  # what the first version kept once for both
            client = opened.client("A.").id
            current = opened.store.records("assignment", client)[0].payload
            names = ("token", "sequence", "made_at", "counselor", "counselor_key", "client")
            first = {name: current[name] for name in names} | {"workbook": "w1", "tasks": [], "tighten": {}}
            opened.store.record("assignment", "first", first, client=client)
        mine.store.record("workbook", "w1", {"chapters": []})
        was = [shown(opened) for opened in (mine, theirs)]
    whole = re.sub("//.*@", "//mend@", one.url)  # the administrator sees all of it
    as_before(postgresql, whole)
    rows = every_row(postgresql, whole)
    assert [len(rows[table]) for table in ("answers", "events")] == [2, 7]

    renewed = keys.Keys((seal.new_identity(), *one.keys.identities), one.keys.store)
    assert renewed.owner == one.keys.owner
    with other.open(clock) as theirs:
        assert shown(theirs) == was[1]
        assert theirs.store.records("workbook")[0].payload == {"chapters": []}
        if one.url != whole:  # the server watches: what waits for the other's key is shown to who has shown it
            for proofs, count in (("", 1), (seal.recipient(one.keys.identities[0]), 2)):
                with theirs.store._engine.begin() as raw:
                    raw.exec_driver_sql("SELECT set_config('mend.keys', %s, true)", (proofs,))
                    assert counted(raw)[0] == count
        open_caseload(one.home, renewed, store=one.url, now=clock).close()  # it was asked with the key before
        with one.open(clock) as mine:
            without = [row for row in json.loads(was[0])[1] if row["what"] != "erased"]
            assert json.loads(shown(mine))[1] == without  # the audit of an erasure bears no key
            assert json.loads(shown(mine))[3:] == json.loads(was[0])[3:]
            assert mine.store.records("workbook")[0].payload == {"chapters": []}
            assert (mine.unclaimed, theirs.unclaimed) == (1, 1)
        assert shown(theirs) == was[1]
    after = every_row(postgresql, whole)
    assert (after["answers"], after["events"]) == (rows["answers"], rows["events"])
    twice = [row for row in rows["records"] if '{"chapters":[]}' in row]
    assert after["records"] == sorted([*rows["records"], *twice], key=str)
    ran = CliRunner().invoke(
        cli.main,
        ["caseload", "--audit", "--home", str(one.home), "--store", one.url],
        env={"WORKBOOK_PASSPHRASE": PASSPHRASE},
    )
    assert (ran.exit_code, ran.stderr) == (
        0,
        "1 entry of an older database bears no counselor’s key, so nobody is shown it. It is kept. If it is yours, the "
        f"administrator of the server can give it to “{one.keys.owner}”, which is you; docs/sharing.md says how.\n",
    )
    block = re.findall(
        r"```sql\n(SET row_security = off;\nUPDATE events.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S
    )
    given = [one.strip() for one in block[0].replace("OWNER", one.keys.owner).split(";") if one.strip()]
    import psycopg

    if one.url != whole:  # an account that is watched over is told so, where it would change nothing
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            postgresql.ask(one.url, *given)
    postgresql.ask(whole, *given)
    with one.open(clock) as mine:
        assert (shown(mine), mine.unclaimed) == (was[0], 0)


_NONE = ("u:hidden@ss:w/rd@localhost/x", "u:hid%den@localhost:abc/x", "u:hidden@localhost:hidden/x")


@pytest.mark.parametrize("url", [*(f"postgresql://{one}" for one in _NONE), "mysql://u:hidden@h/x", "sqlite:///hidden"])
def test_what_is_no_address_of_a_server_is_said_and_not_repeated(url: str, home: Path, keyed: Any) -> None:
    """A password with signs of its own, another kind of server: one sentence, which says how, and nothing of it."""
    for opened in (lambda: Mail(url), lambda: open_caseload(home, keyed[1], store=url)):
        with pytest.raises(StoreError) as said:
            opened()
        assert str(said.value).startswith(
            "This is no address of a PostgreSQL server. One is postgresql://NAME:PASSWORD@"
        )
        assert "hid" not in f"{said.value!r} {said.value.__cause__!r} {said.value.__context__!r}".replace("hides", "")
    assert owners.address("postgres://u:%40%3A%2F%3F%23%25@h/x") == "postgresql+psycopg://u:%40%3A%2F%3F%23%25@h/x"


def test_whose_rows_they_are_is_a_secret_that_outlives_each_key(home: Path, keyed: tuple[Path, keys.Keys]) -> None:
    """The name is no public key, differs between counselors, and is the same after a renewal and a recovery."""
    mine = keyed[1]
    assert re.fullmatch(r"[0-9a-f]{32}", mine.owner)
    assert keys.Keys((secrets.token_hex(8), *mine.identities), "").owner == mine.owner
    assert keys.Keys((seal.new_identity(),), mine.store).owner != mine.owner
    assert mine.owner not in repr(mine)
    page = keys.recovery_sheet(home, keys.Keys((seal.new_identity(), *mine.identities), mine.store))
    keys.recover(home, page, "six loud green parrots")
    assert keys.unlock(home, "six loud green parrots").owner == mine.owner


def test_a_server_is_asked_with_an_owner_and_a_file_has_none(tmp_path: Path) -> None:
    """A program that forgets to say whose rows are meant opens nothing."""
    for where, owner in (("postgresql+psycopg://nowhere/x", ""), (tmp_path / "answers.sqlite", "0" * 32)):
        with (
            pytest.raises(ValueError, match="a server needs an owner, and a file has none"),
            contextlib.closing(caseload.Store(where, owner=owner)),
        ):
            pass
    assert list(tmp_path.iterdir()) == []

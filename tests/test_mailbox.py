"""A mailbox carries sealed files, to whom they are for, from who may write; each is there once, read by nobody."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from tests.caseload_sample import NOW
from tests.clock import Clock
from tests.mailboxes import (
    CANARY,
    CLIENT,
    OWN,
    PREFIX,
    TOKEN,
    Hub,
    Loop,
    Served,
    assignment,
    feedback,
    held_port,
    person,
    served,
    submission,
)  # fmt: skip
from workbook.cli import client as cli
from workbook.errors import Refused
from workbook.jupyter import mailbox
from workbook.sharing.post import Mailbox, NotSent, Waiting
from workbook.storage import mail, seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgresql import Server

pytestmark = pytest.mark.process


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql").database())
    return str(tmp_path / "mail.sqlite")


@pytest.fixture
def port() -> Iterator[int]:
    with held_port() as one:
        yield one


@pytest.fixture
def box(where: str) -> Iterator[Served]:
    with served(where, now=Clock(NOW)) as one:
        yield one


def refused(box: Served, method: str, path: str, token: str | None, body: bytes | None = None) -> tuple[int, str]:
    """Ask by hand; return the number of the answer and its sentence."""
    connection = http.client.HTTPConnection("127.0.0.1", box.port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, {} if token is None else {"Authorization": f"token {token}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["message"]


def kept(box: Served) -> int:
    with box.mail._engine.connect() as connection:
        return int(connection.execute(sa.text("SELECT count(*) FROM mail")).scalar_one())


API = f"{PREFIX}api/mail"


def test_files_go_there_and_back_and_wait_until_they_were_taken(box: Served) -> None:
    """A counselor writes first, the client answers; what waits is listed, fetched as often as wanted, let go once."""
    lee, ben = box.of("lee"), box.of("ben")
    asked, answer, reply = assignment(), submission(), feedback()
    first = lee.send("ben/é", asked)
    assert ben.waiting() == [Waiting(first, "assignment", "lee", len(asked), NOW.isoformat())]
    assert [ben.fetch(first), ben.fetch(first)] == [asked, asked]
    ben.taken(first)
    assert ben.waiting() == []
    second = ben.send("lee", answer)
    waits = Waiting(second, "submission", "ben/é", len(answer), NOW.isoformat())
    assert (lee.waiting(), lee.fetch(second)) == ([waits], answer)
    third = lee.send("ben/é", reply)
    assert ben.waiting() == [Waiting(third, "feedback", "lee", len(reply), NOW.isoformat())]
    with pytest.raises(NotSent, match=r"Nothing waits for you under this number\. Nothing changed\."):
        ben.fetch(first)
    listed = http.client.HTTPConnection("127.0.0.1", box.port, timeout=60)
    with contextlib.closing(listed):
        listed.request("GET", API, headers={"Authorization": "token t-ben"})
        assert json.loads(listed.getresponse().read()) == {
            "mail": [
                {
                    "number": third,
                    "kind": "feedback",
                    "from": "lee",
                    "size": len(reply),
                    "at": "2027-01-04T09:00:00+00:00",
                }
            ]
        }


def test_the_same_file_is_there_once_whatever_was_sent_again(box: Served) -> None:
    """Sent twice, at once, or after it was taken: one file, one number, and nothing comes back that was taken."""
    lee, ann, file = box.of("lee"), box.of("ann"), assignment()
    with ThreadPoolExecutor(8) as many:
        numbers = {*many.map(lambda _: box.of("lee").send("ann", file), range(16))}
    assert len(numbers) == 1
    assert [one.number for one in ann.waiting()] == [*numbers]
    ann.taken(*numbers)
    assert {lee.send("ann", file)} == numbers
    assert (ann.waiting(), kept(box)) == ([], 1)
    assert lee.send("ben/é", file) not in numbers  # for someone else it is another


def test_nobody_reads_or_takes_what_is_for_another(box: Served) -> None:
    """A number that is not theirs is nothing to them, whoever sent it."""
    number = box.of("lee").send("ann", assignment())
    for other in ("ben", "kim", "lee"):
        for call in (box.of(other).fetch, box.of(other).taken):
            with pytest.raises(NotSent, match="Nothing waits for you under this number"):
                call(number)
        assert box.of(other).waiting() == []
    assert box.of("ann").fetch(number) == assignment()


def test_who_may_not_write_is_told_and_nothing_is_kept(box: Served) -> None:
    """A client writes to nobody who has not written to them, and makes no assignment or feedback."""
    foreign = "You can write to a counselor who has written to you first. Nothing was sent."
    for to in ("lee", "kim", "ben%2F%C3%A9", "nobody", "ann"):
        assert refused(box, "POST", f"{API}/{to}", "t-ann", submission()) == (403, foreign)
    assert refused(box, "POST", f"{API}/ann", "t-lee", submission()) == (403, foreign)
    for made in (assignment(), feedback()):
        said = refused(box, "POST", f"{API}/lee", "t-ann", made)
        assert said == (403, "Only a counselor can send this kind of file. Nothing was sent.")
    assert kept(box) == 0
    box.of("lee").send("ann", assignment())
    assert refused(box, "POST", f"{API}/kim", "t-ann", submission()) == (403, foreign)
    assert refused(box, "POST", f"{API}/lee", "t-ben", submission()) == (403, foreign)
    box.of("ann").send("lee", submission())
    assert kept(box) == 2


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: b"", "This file is empty: it was cut off while it was copied or sent."),
        (lambda: b"My answers, as they are.", "This is a text."),
        (lambda: b"PK\x03\x04 and more", "This is a packed folder. Unpack it first."),
        (lambda: seal.seal(b"x", seal.recipient(CLIENT)), "This is a sealed file of another program, or of the first"),
        (lambda: b'mend-submission 2\n{"answers": "plain"}', "This is a submission: a client seals it"),
        (lambda: feedback()[:60], "This is feedback: a counselor seals it"),
        (lambda: assignment()[:-1], "This assignment was changed after it was made, or it is damaged."),
        (lambda: assignment().replace(b"mend-assignment 2", b"mend-assignment 3"), "made by another version of Mend"),
    ],
)
@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_what_is_not_sealed_is_named_and_kept_nowhere(box: Served, made: Any, sentence: str) -> None:
    """Judged from outside: a text, a packed folder, a file cut short, a signature that does not hold."""
    status, said = refused(box, "POST", f"{API}/ann", "t-lee", made())
    assert (status, sentence in said, kept(box)) == (400, True, 0)


def test_too_large_too_many_and_unknown_are_sentences(box: Served) -> None:
    """Each with its number; of all of them nothing is kept."""
    large = submission() + bytes(mailbox.LARGEST)
    said = "This file is too large; one holds at most 8 MB. Share fewer exercises at a time. Nothing was sent."
    assert refused(box, "POST", f"{API}/ann", "t-lee", large) == (413, said)
    unknown = (404, "There is nobody of this name on the hub. Check the name. Nothing was sent.")
    assert refused(box, "POST", f"{API}/anne", "t-lee", assignment()) == unknown
    for path in (PREFIX, "/", f"{API}/ann/more", "/etc/passwd"):
        assert refused(box, "GET", path, "t-lee")[0] == 404
    for number in ("x", "-1", "٣", "1" * 30):
        assert refused(box, "GET", f"{API}/{quoted(number)}", "t-lee")[0] == 404
    assert kept(box) == 0
    sent = [feedback(str(number)) for number in range(mail.WAITING)]
    numbers = [box.of("lee").send("ann", one) for one in sent]
    flood = "20 files of yours wait for them already. Wait until they have taken some of them. Nothing was sent."
    assert refused(box, "POST", f"{API}/ann", "t-lee", feedback("more")) == (429, flood)
    assert box.of("lee").send("ann", sent[0]) == numbers[0]  # what is there already is no flood
    box.of("kim").send("ann", feedback("of another"))
    box.of("ann").taken(numbers[0])
    box.of("lee").send("ann", feedback("more"))


def quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


def test_only_the_hub_says_who_someone_is(box: Served) -> None:
    """No token, an unknown one, one for something else, the service's own: none lets in. A hub that is down says so."""
    log_in = (
        "The hub does not know this token any more, or it does not let in here. Log in to the hub again, or make a new "
        "token there. Nothing was sent."
    )
    for token in (None, "", "t-nobody", "t-elsewhere", OWN):
        for method, path in (("GET", API), ("POST", f"{API}/ann"), ("GET", f"{API}/1"), ("DELETE", f"{API}/1")):
            body = assignment() if method == "POST" else None
            assert refused(box, method, path, token, body) == (401, log_in)
    assert refused(box, "POST", f"{API}/ann", "t-nobody", bytes(mailbox.LARGEST + 1)) == (401, log_in)
    box.hub.down = True
    gone = "The hub does not answer, so it is not known who you are. Nothing was sent. Try again in a few minutes."
    assert refused(box, "POST", f"{API}/ann", "t-lee", assignment()) == (503, gone)
    assert kept(box) == 0
    box.hub.down = False
    box.of("lee").send("ann", assignment())


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_what_nobody_asked_for_is_not_kept_in_memory(lengths: list[int], box: Served) -> None:
    """With a token or without, at any address: the body of a call is read and thrown away."""
    body = bytes(2**20)
    for path in (API, PREFIX, "/", f"{API}/ann", f"{API}/ann/more"):
        for method in ("GET", "POST", "PUT"):
            with contextlib.suppress(ConnectionError):  # an answer may come before the end of what is sent
                assert refused(box, method, path, None, body)[0] in (401, 404, 405)
            box.loop.run(lambda: None)
    assert lengths == [0] * 15


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes of each call's body are in memory when it was answered."""
    found: list[int] = []

    def counted(handler: Any) -> None:
        found.append(sum(map(len, (handler.request.body or b"", *getattr(handler, "_parts", ())))))

    monkeypatch.setattr(mailbox, "_counted", counted)
    return found


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_the_hub_says_how_a_name_is_written(box: Served) -> None:
    """A file is for who the hub says it is; a hub that does not let the service ask is no hub that knows nobody."""
    box.hub.also["Ann"] = "ann"
    number = box.of("lee").send("Ann", assignment())
    assert [one.number for one in box.of("ann").waiting()] == [number]
    del box.hub.people[OWN]
    gone = "The hub does not answer, so it is not known who you are. Nothing was sent. Try again in a few minutes."
    assert refused(box, "POST", f"{API}/ann", "t-lee", assignment("two")) == (503, gone)
    assert kept(box) == 1


def test_a_token_that_ended_ends_here_too(box: Served) -> None:
    """The hub is asked again after half a minute, and not for each call before."""
    lee = box.of("lee")
    lee.waiting()
    lee.waiting()
    assert box.hub.asked == ["user t-lee"]
    box.hub.people["t-lee"] = person("lee")  # no counselor any more
    box.seconds = mailbox.KNOWN
    with pytest.raises(NotSent, match="Only a counselor"):
        lee.send("ann", assignment())
    del box.hub.people["t-lee"]
    box.seconds = 2 * mailbox.KNOWN
    with pytest.raises(NotSent, match="does not know this token any more"):
        lee.waiting()


def test_nothing_is_acknowledged_that_is_not_kept(postgresql: Server, caplog: pytest.LogCaptureFixture) -> None:
    """When the store refuses at the last moment, or is gone, the sender is told so; no word of it is in the logs."""
    url = postgresql.database()
    with served(url) as box, caplog.at_level(logging.DEBUG):
        postgresql.ask(
            url,
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
            "CREATE CONSTRAINT TRIGGER no AFTER INSERT ON mail DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION no()",
        )
        gone = "The mailbox cannot reach the place where it keeps files. Nothing was sent. Try again in a few minutes."
        assert refused(box, "POST", f"{API}/ann", "t-lee", assignment(CANARY)) == (503, gone)
        assert (kept(box), box.of("ann").waiting()) == (0, [])
        postgresql.ask(url, "DROP TRIGGER no ON mail")
        box.of("lee").send("ann", assignment(CANARY))
        postgresql.ask(url, "ALTER TABLE mail RENAME TO elsewhere")
        assert refused(box, "GET", API, "t-ann") == (503, gone)
    logged = "\n".join(f"{one.getMessage()} {one.exc_text}" for one in caplog.records if one.name != "asyncio")
    assert "POST 200" in logged
    assert [word for word in (CANARY, "ann", "t-lee", TOKEN, "mend-assignment") if word in logged] == []


def test_it_waits_for_the_disk_whatever_the_server_is_set_to(postgresql: Server) -> None:
    """An administrator who lets PostgreSQL answer early does so for others: what is acknowledged here is kept."""
    url = postgresql.database()
    postgresql.ask(url, f"ALTER DATABASE {url.partition('@/')[2].partition('?')[0]} SET synchronous_commit = off")
    assert postgresql.ask(url, "SHOW synchronous_commit") == [("off",)]
    letters = mail.Mail(url)
    with contextlib.closing(letters), letters._connected("lee") as connection:
        assert connection.execute(sa.text("SHOW synchronous_commit")).scalar() == "on"


def test_who_has_a_journal_says_so_or_is_known_by_what_they_exchanged(box: Served) -> None:
    """A counselor's own letters and the answers they took in tell of no journal, nor does what still waits.

    Who says that they have one says it of themselves and of nobody else, however often.
    """
    lee, ann, ben = box.of("lee"), box.of("ann"), box.of("ben")
    asked = lee.send("ann", assignment())
    lee.send("ben/é", assignment())
    assert (lee.began(), ann.began(), ben.began()) == (False, False, False)
    ann.taken(asked)
    lee.taken(ben.send("lee", submission()))
    assert (lee.began(), ann.began(), ben.began()) == (False, True, True)
    kim, stranger = box.of("kim"), Mailbox(box.url, "t-elsewhere")
    assert kim.began() is False
    kim.begin()
    kim.begin()
    assert (lee.began(), kim.began()) == (False, True)
    with box.mail._engine.connect() as connection:
        assert connection.execute(sa.text("SELECT person FROM begun")).all() == [("kim",)]
    for asked in (stranger.begin, stranger.began):
        with pytest.raises(NotSent, match="does not let in here"):
            asked()


def test_no_word_of_what_is_sent_is_in_the_store(box: Served, where: str, tmp_path: Path) -> None:
    """A dump shows who wrote to whom, when and how much, and what is sealed."""
    box.of("lee").send("ann", feedback())
    box.of("ann").send("lee", submission())
    with box.mail._engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM mail")).all()
    assert [row.kind for row in rows] == ["feedback", "submission"]
    assert CANARY not in repr(rows)
    assert all(bytes(row.body).split(b"\n")[1] == b"age-encryption.org/v1" for row in rows)


def test_what_was_acknowledged_outlives_a_crash(where: str, port: int) -> None:
    """Killed after it answered, and started again: the file is there, sent again it is there once."""
    loop = Loop()
    hub = Hub(loop)
    environ = os.environ | {
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_NAME": "mailbox",
        "JUPYTERHUB_API_URL": hub.url,
        "JUPYTERHUB_API_TOKEN": OWN,
        "WORKBOOK_STORE": where,
    }
    file, url = assignment(), f"http://127.0.0.1:{port}{PREFIX}"
    lee, ann = Mailbox(url, "t-lee"), Mailbox(url, "t-ann")

    @contextlib.contextmanager
    def running() -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen([sys.executable, "-m", "workbook", "mailbox"], env=environ)
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    ann.waiting()
                    break
                except NotSent:
                    assert process.poll() is None
                    assert time.monotonic() < until
                    time.sleep(0.05)
            yield process
        finally:
            process.kill()
            process.wait()

    try:
        with running() as process:
            number = lee.send("ann", file)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            with pytest.raises(NotSent, match="The mailbox does not answer"):
                lee.send("ann", file)
        with running():
            assert [one.number for one in ann.waiting()] == [number]
            assert lee.send("ann", file) == number
            assert (len(ann.waiting()), ann.fetch(number)) == (1, file)
    finally:
        hub.stop()
        loop.stop()


def test_outside_a_hub_the_command_says_where_it_belongs(tmp_path: Path) -> None:
    """One sentence, and nothing is made."""
    ran = CliRunner().invoke(cli.main, ["mailbox", "--store", str(tmp_path / "mail.sqlite")], env={})
    assert (ran.exit_code, ran.stderr) == (
        1,
        "Error: This is a service of JupyterHub, which starts it. docs/hub.md says what to write into the hub’s "
        "configuration.\n",
    )
    assert list(tmp_path.iterdir()) == []


# --- the other side ---


@pytest.mark.parametrize(
    ("url", "token", "sentence"),
    [
        ("hub.example/services/mailbox", "t", "is no address of a mailbox"),
        ("ftp://hub.example/x", "t", "is no address of a mailbox"),
        ("http://hub.example/services/mailbox", "t", "is not encrypted on its way"),
        ("https://hub.example/services/mailbox", " ", "There is no hub token"),
        ("https://hub.example/services/mailbox", "se\ncret", "is no hub token: one has letters"),
        ("https://hub.example/services/mailbox", "sécret", "is no hub token: one has letters"),
        ("https://hub.example/services/mailbox", "token secret", "is no hub token: one has letters"),
    ],
)
def test_a_token_goes_nowhere_it_could_be_read(url: str, token: str, sentence: str) -> None:
    """Only to an https address, or this very machine."""
    with pytest.raises(Refused, match=sentence) as said:
        Mailbox(url, token)
    assert not token.strip() or token == "t" or token not in str(said.value)
    assert "secret" not in repr(Mailbox("https://hub.example/services/mailbox", "secret"))


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_no_proxy_is_told_a_token_in_clear(box: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on this very machine is asked without one."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        proxy.settimeout(0)
        assert box.of("lee").waiting() == []
        with pytest.raises(BlockingIOError):  # nobody came
            proxy.accept()


@pytest.mark.parametrize("answer", ["a login page", "a number", "elsewhere", "not a number"])
def test_only_an_acknowledgement_counts_as_sent(answer: str) -> None:
    """A login page, another program's answer or a way elsewhere is no mailbox, and the token follows nowhere."""
    from tornado import web
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets

    asked: list[str] = []

    class Other(web.RequestHandler):
        def post(self) -> None:
            asked.append(self.request.path)
            if answer == "elsewhere":
                self.redirect("/elsewhere")
            else:
                self.finish({"a login page": "<form>", "a number": "7", "not a number": '{"number": null}'}[answer])

        get = post

    loop = Loop()
    sockets = bind_sockets(0, "127.0.0.1")
    port = sockets[0].getsockname()[1]

    def listen() -> HTTPServer:
        server = HTTPServer(web.Application([(".*", Other)], log_function=lambda handler: None))
        server.add_sockets(sockets)
        return server

    server = loop.run(listen)
    try:
        with pytest.raises(NotSent) as said:
            Mailbox(f"http://127.0.0.1:{port}/x", "t").send("ann", assignment())
    finally:
        loop.run(server.stop)
        loop.run(server.close_all_connections())
        loop.stop()
    assert str(said.value) == ("What answers at this address is not a mailbox of Mend. Check the address.")
    assert asked == ["/x/api/mail/ann"]

"""What a mailbox answers is believed only as far as it goes, and each refusal says whether to try again."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from workbook.errors import Refused
from workbook.sharing import envelope
from workbook.sharing.post import Mailbox, NotSent, Waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.process

MOST = envelope.LARGEST + 2**20
NO_MAILBOX = "What answers at this address is not a mailbox of Mend. Check the address."
LOG_IN = (
    "The hub does not know this token any more, or it does not let in here. Log in to the hub again, or make a new "
    "token there. Nothing was sent."
)
DOWN = "The mailbox does not answer. Try again in a few minutes."


class Other:
    """Whatever answers at an address: what it is asked, and what it says to it."""

    def __init__(self, port: int) -> None:
        self.mailbox = Mailbox(f"http://127.0.0.1:{port}/x/", " t\n")
        self.asked: list[tuple[str, str, str]] = []
        self.status, self.body, self.promised = 200, b"", 0

    def says(self, body: object, status: int = 200) -> Mailbox:
        self.status, self.body = status, body if isinstance(body, bytes) else json.dumps(body).encode()
        self.promised = len(self.body)
        return self.mailbox


@pytest.fixture(scope="module")
def other() -> Iterator[Other]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            one.asked.append((self.command, self.path, self.headers["Authorization"]))
            self.send_response(one.status)
            self.send_header("Content-Length", str(one.promised))
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(one.body)

        do_POST = do_DELETE = do_GET  # the names of the library

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        one = Other(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield one
        server.shutdown()
        thread.join()


def refused(act: Callable[[], object]) -> tuple[str, str]:
    """What is said, and what follows from it."""
    with pytest.raises(NotSent) as said:
        act()
    names = ("down", "nobody", "never", "ended")
    return str(said.value), " ".join(name for name in names if getattr(said.value, name) is True)


@pytest.mark.parametrize(
    ("status", "own", "follows", "said"),
    [
        (302, "", "", NO_MAILBOX),
        (400, "never", "", NO_MAILBOX),
        (401, "down ended", "down ended", LOG_IN),
        (402, "", "", NO_MAILBOX),
        (403, "never", "", LOG_IN),
        (404, "nobody", "nobody", NO_MAILBOX),
        (405, "", "", NO_MAILBOX),
        (413, "never", "never", NO_MAILBOX),
        (414, "", "", NO_MAILBOX),
        (429, "", "", NO_MAILBOX),
        (499, "", "", NO_MAILBOX),
        (500, "down", "down", DOWN),
        (503, "down", "down", DOWN),
    ],
)
def test_what_follows_from_a_refusal(other: Other, status: int, own: str, follows: str, said: str) -> None:
    """With a sentence of the mailbox's own, and where something on the way answers: try again, never, or log in."""

    def send(body: object) -> tuple[str, str]:
        return refused(lambda: other.says(body, status).send("ann lee/x", b"file"))

    other.asked.clear()
    assert send({"message": "Its own \u202ewords."}) == ("Its own words.", own)
    assert send({"message": "x" * 501}) == ("x" * 500, own)
    too_long = {"message": "x" * (10_001 - len('{"message": ""}'))}
    for body in (b"<html>", b"", {"message": 5}, {}, [], too_long):
        assert send(body) == (said, follows)
    assert set(other.asked) == {("POST", "/x/api/mail/ann%20lee%2Fx", "token t")}


def test_a_refusal_means_no_more_than_it_says() -> None:
    """Where nothing is known of why, it is tried again."""
    problem = NotSent("Why.")
    assert (problem.down, problem.nobody, problem.never, problem.ended, str(problem)) == (
        *[False] * 4, "Why.",
    )  # fmt: skip


@pytest.mark.parametrize("number", [True, None, "7", 7.0, -1, 2**63, [1]])
def test_a_number_is_a_number(other: Other, number: Any) -> None:
    """Whole, not negative, and such as a server keeps."""
    file = {"number": 1, "kind": "assignment", "from": "lee", "size": 5, "at": "2027"}
    assert refused(lambda: other.says({"number": number}).send("ann", b"")) == (NO_MAILBOX, "")
    for field in ("number", "size"):
        assert refused(other.says({"mail": [file, file | {field: number}]}).waiting) == (NO_MAILBOX, "")
    for good in (0, 2**63 - 1):
        assert other.says({"number": good}).send("ann", b"") == good


def test_what_waits_is_listed_as_it_is_said(other: Other) -> None:
    """In the mailbox's order, with nothing unseen in it; of anything but a list of files it is said that it is none."""
    one = {"number": 3, "kind": "assignment", "from": "l\u202eee\x1b", "size": 0, "at": "20\x0727"}
    assert other.says({"mail": [one, {"number": 2, "size": 1}]}).waiting() == [
        Waiting(3, "assignment", "lee", 0, "2027"),
        Waiting(2, "None", "None", 1, "None"),
    ]
    assert other.says({"mail": []}).waiting() == []
    for body in ({}, {"mail": {}}, {"mail": "abc"}, {"mail": [one, 5]}, [], 5, b"{", b"", b"\xff"):
        assert refused(other.says(body).waiting) == (NO_MAILBOX, "")


def test_whether_there_was_a_journal_is_yes_or_no(other: Other) -> None:
    """Anything else is no mailbox: a person with a journal must not begin another."""
    assert [other.says({"begun": said}).began() for said in (True, False)] == [True, False]
    for said in (None, 1, "yes"):
        assert refused(other.says({"begun": said}).began) == (NO_MAILBOX, "")


def test_a_file_comes_whole_or_not_at_all(other: Other) -> None:
    """As large as any of ours may be and no larger; cut short on its way it is not there."""
    other.asked.clear()
    assert other.says(b"x" * MOST).fetch(7) == b"x" * MOST
    assert refused(lambda: other.says(b"x" * (MOST + 1)).fetch(7)) == (NO_MAILBOX, "")
    other.says(b"half")
    other.promised = 8
    assert refused(lambda: other.mailbox.fetch(7)) == (DOWN, "down")
    other.says(b"", 204).taken(7)
    asked = [("GET", "/x/api/mail/7", "token t")] * 3
    assert other.asked == [*asked, ("DELETE", "/x/api/mail/7", "token t")]


def test_where_nobody_answers_it_is_down() -> None:
    """A port at which nothing listens any more."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        mailbox = Mailbox(f"http://localhost:{server.server_port}", "t")
    assert refused(mailbox.waiting) == (DOWN, "down")


def test_a_mailbox_is_known_by_its_address_however_it_is_typed() -> None:
    """What is kept for one is found again in every version; another path or port is another mailbox."""
    one = Mailbox("https://hub.example/services/mailbox", "t").digest
    assert one == "7ad693f4720a5d0a9ba959ef2c7b9be4"
    for same in ("https://HUB.example/services/mailbox/", "https://hub.example/services/mailbox//"):
        assert Mailbox(same, "other").digest == one
    for another in ("https://hub.example/services/Mailbox", "https://hub.example:8/services/mailbox"):
        assert Mailbox(another, "t").digest != one
    for machine in ("localhost", "127.0.0.1", "[::1]"):
        assert repr(Mailbox(f"http://{machine}:1/x/", "se-cret")) == f"Mailbox(http://{machine}:1/x/api/mail)"
    odd = ("file:///etc/passwd", "file://localhost/etc/passwd", "ftp://hub.example/x", "hub.example")
    for url in ("https:///x", "https://", "http://localhost.example/x", *odd):
        with pytest.raises(Refused):
            Mailbox(url, "t")
    for token in ("", " \n", "a b", "a\x7fb", "ä"):
        with pytest.raises(Refused):
            Mailbox("https://hub.example", token)

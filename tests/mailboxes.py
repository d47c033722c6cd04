"""A mailbox for tests: the real service on loopback, and a hub that knows a few tokens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from tests.caseload_sample import NOW
from workbook.definition.asks import Asks
from workbook.jupyter import mailbox
from workbook.sharing import envelope
from workbook.sharing.bundles import Assignment, Feedback, Submission
from workbook.sharing.post import Mailbox
from workbook.storage import seal
from workbook.storage.mail import Mail

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

PREFIX = "/services/mailbox/"
OWN = "the-service"
COUNSELOR, CLIENT = seal.new_identity(), seal.new_identity()
TOKEN = envelope.new_token()
CANARY = "canaryword"


def assignment(word: str = "one") -> bytes:
    """A counselor's file that asks for nothing."""
    return envelope.pack(
        Assignment(
            **{"token": TOKEN, "sequence": 1, "made_at": NOW, "counselor": word, "client": "A.", "asks": Asks()},
            counselor_key=seal.recipient(COUNSELOR),
        ),
        COUNSELOR,
    )


def feedback(word: str = CANARY) -> bytes:
    """A counselor's words, sealed."""
    sent = Feedback(
        **{"token": TOKEN, "sequence": 1, "made_at": NOW, "counselor": "Dr. Lee", "reply": word},
        counselor_key=seal.recipient(COUNSELOR),
    )
    return envelope.pack_sealed(sent, COUNSELOR, seal.recipient(CLIENT))


def submission() -> bytes:
    """A client's file without an answer, sealed."""
    sent = Submission(
        **{"token": TOKEN, "source": TOKEN, "sequence": 1, "made_at": NOW, "definition": "f" * 64},
        client_key=seal.recipient(CLIENT),
        **{"holds": {}, "answers": ()},
    )
    return envelope.pack_sealed(sent, CLIENT, seal.recipient(COUNSELOR))


LETS_IN = ("access:services!service=mailbox",)


def person(name: str, *groups: str, scopes: tuple[str, ...] = LETS_IN) -> dict[str, Any]:
    """What a hub says of someone."""
    return {"kind": "user", "name": name, "groups": [*groups], "scopes": [*scopes]}


PEOPLE = {
    "t-lee": person("lee", "counselors"),
    "t-kim": person("kim", "counselors"),
    "t-ann": person("ann"),
    "t-ben": person("ben/é", "clients"),
    "t-elsewhere": person("ann", scopes=("self",)),
    OWN: {"kind": "service", "name": "mailbox", "groups": [], "scopes": [*LETS_IN]},
}


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, call: Callable[[], Any] | Awaitable[Any]) -> Any:
        """Do something there, and return what came of it."""

        async def done() -> Any:
            return call() if callable(call) else await call

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(60)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


class Hub:
    """A hub's API as far as a mailbox asks it: whose a token is, and whether someone is there."""

    def __init__(self, loop: Loop) -> None:
        self.people = dict(PEOPLE)
        self.also: dict[str, str] = {}  # other ways to write a name
        self.asked: list[str] = []
        self.down = False
        self._loop = loop
        known = self

        class Api(web.RequestHandler):
            def get(self, path: str) -> None:
                token = self.request.headers["Authorization"].removeprefix("token ")
                known.asked.append(f"{path} {token}")
                if known.down:
                    raise web.HTTPError(503)
                if token not in known.people:
                    raise web.HTTPError(403)
                if path == "user":
                    self.finish(json.dumps(known.people[token]))
                    return
                name = path.removeprefix("users/")
                name = known.also.get(name, name)
                if token != OWN or name not in [p["name"] for p in known.people.values()]:
                    raise web.HTTPError(404)
                self.finish(json.dumps(person(name)))

        def listen() -> HTTPServer:
            server = HTTPServer(web.Application([("/hub/api/(.*)", Api)], log_function=lambda handler: None))
            sockets = bind_sockets(0, "127.0.0.1")
            self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/hub/api"
            server.add_sockets(sockets)
            return server

        self._server = loop.run(listen)

    def stop(self) -> None:
        self._loop.run(self._server.stop)


class Served:
    """A mailbox that listens, its hub, and the people who have tokens."""

    def __init__(self, where: str, loop: Loop, **more: Any) -> None:
        self.loop, self.hub = loop, Hub(loop)
        self.mail = Mail(where, **more)
        self.seconds = 0.0
        asks = mailbox.Hub(self.hub.url, OWN, "mailbox", "counselors", lambda: self.seconds)
        self._server = loop.run(lambda: mailbox.listen(self.mail, asks, PREFIX, 0, "127.0.0.1"))
        [listening] = self._server._sockets.values()
        self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{PREFIX}"

    def of(self, name: str) -> Mailbox:
        """The mailbox as one of `PEOPLE` reaches it."""
        return Mailbox(self.url, f"t-{name}")

    def stop(self) -> None:
        self.loop.run(self._server.stop)
        self.loop.run(self._server.close_all_connections())
        self.hub.stop()
        self.mail.close()


@contextlib.contextmanager
def served(where: str, **more: Any) -> Iterator[Served]:
    """A mailbox that keeps its files at `where`, until the end of the block."""
    loop = Loop()
    try:
        box = Served(where, loop, **more)
        try:
            yield box
        finally:
            box.stop()
    finally:
        loop.stop()


@contextlib.contextmanager
def held_port() -> Iterator[int]:
    """A port that no other program is given until the end of the block; a server that is told it can listen there."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        yield int(one.getsockname()[1])

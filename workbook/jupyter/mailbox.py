"""`workbook mailbox`: a JupyterHub service that carries sealed files between clients and counselors.

It never opens a file. Who someone is, the hub says: each call bears a token of the hub's.

    GET    …/api/mail?begun=1  whether I have a journal: I said so, sent answers, or took in what a counselor wrote
    POST   …/api/mail          I have a journal: no other is to be begun for me
    GET    …/api/mail          what waits for me: number, kind, from, size, at
    POST   …/api/mail/NAME     a file for NAME; answered when it is on the disk, and the same file twice is there once
    GET    …/api/mail/NUMBER   the file
    DELETE …/api/mail/NUMBER   I have it
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from tornado import httpclient, web

from workbook.errors import Refused, StoreError, UnknownId, WorkbookError
from workbook.sharing import envelope
from workbook.storage.mail import Flood, Foreign, Mail
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST = (
    envelope.LARGEST + 64 * 1024
)  # bytes of a file: what it holds is at most this once opened, and sealing adds little
_READ = 8 * LARGEST  # so much is read and thrown away before the sentence; of more the connection ends
KNOWN = 30.0  # seconds for which the hub is not asked again about the same token
_THREADS = 8
_log = logging.getLogger(__name__)


class HubGone(WorkbookError):
    """The hub does not answer, or not as a hub does."""


class Person(NamedTuple):
    """Who calls, as the hub says."""

    name: str
    counselor: bool


class Hub:
    """What a JupyterHub is asked: whose token this is, and whether there is someone of a name."""

    def __init__(
        self, api: str, token: str, service: str, group: str, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """`api` is the address of its API, `token` this service's own; members of `group` are counselors."""
        self._api, self._token, self._group, self._seconds = api.rstrip("/"), token, group, seconds
        self._lets_in = {"access:services", f"access:services!service={service}"}
        self._known: dict[str, tuple[float, Person]] = {}

    async def who(self, token: str) -> Person | None:
        """Return whose a token is; None when it is nobody's any more, or does not let in here. Raises HubGone."""
        digest, now = hashlib.sha256(token.encode()).hexdigest(), self._seconds()
        self._known = {key: one for key, one in self._known.items() if now - one[0] < KNOWN}
        if digest not in self._known:
            found = await self._ask("user", token, unknown=(401, 403, 404))
            if found is None or found.get("kind") != "user" or not self._lets_in & {*found.get("scopes", ())}:
                return None
            self._known[digest] = (now, Person(str(found["name"]), self._group in found.get("groups", ())))
        return self._known[digest][1]

    async def knows(self, name: str) -> str | None:
        """Return someone's name as the hub writes it; None: there is nobody. Raises HubGone, also if it may not ask."""
        found = await self._ask(f"users/{quote(name, safe='')}", self._token, unknown=(404,))
        if found is None:
            return None
        if not isinstance(found.get("name"), str):
            raise HubGone(say("jupyter.mailbox.hub_gone"))
        return str(found["name"])

    async def _ask(self, path: str, token: str, *, unknown: tuple[int, ...]) -> dict[str, Any] | None:
        """What the hub answers; None when it says that it does not know the token or the name."""
        asked = httpclient.HTTPRequest(
            f"{self._api}/{path}",
            headers={"Authorization": f"token {token}"},
            request_timeout=10,
            follow_redirects=False,
        )
        try:
            answer = await httpclient.AsyncHTTPClient().fetch(asked, raise_error=False)
            if answer.code in unknown:
                return None
            if answer.code != 200:
                raise HubGone(say("jupyter.mailbox.hub_gone"))
            found = json.loads(answer.body)
        except (OSError, httpclient.HTTPError, ValueError):
            raise HubGone(say("jupyter.mailbox.hub_gone")) from None
        if not isinstance(found, dict):
            raise HubGone(say("jupyter.mailbox.hub_gone"))
        return found


class _Handler(web.RequestHandler):
    """One call: who it is, then what they want; whatever goes wrong is a sentence, and no word of it is logged."""

    def initialize(self, mail: Mail, hub: Hub, threads: ThreadPoolExecutor) -> None:
        self._mail, self._hub, self._threads = mail, hub, threads

    def check_xsrf_cookie(self) -> None:
        """No cookie lets anyone in here: a token in the header, or nothing."""

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.clear_header("Server")

    async def prepare(self) -> None:
        """Ask who it is before anything that comes with the call is kept; it is told once all of that was read."""
        self._person: Person | None = None
        self._gone: HubGone | None = None
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if kind.lower() in ("token", "bearer") and token.strip():
            try:
                self._person = await self._hub.who(token.strip())
            except HubGone as problem:
                self._gone = problem

    def me(self) -> Person:
        if self._gone:
            raise self._gone
        if self._person is None:
            raise web.HTTPError(401, say("jupyter.mailbox.log_in"))
        return self._person

    async def stored(self, call: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        """Ask the store, away from the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*arguments, **more))

    def write_error(self, status_code: int, **how: Any) -> None:
        problem = how.get("exc_info", (None, None, None))[1]
        if isinstance(problem, web.HTTPError):
            said = problem.log_message or say("jupyter.mailbox.nothing_here")
        else:
            status_code, said = _said(problem)
        self.set_status(status_code)
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(json.dumps({"message": said}, ensure_ascii=False))

    def log_exception(self, kind: type[BaseException] | None, problem: BaseException | None, _: Any) -> None:
        """Its kind and nothing else: an address names people, and an error may quote."""
        if not isinstance(problem, (web.HTTPError, WorkbookError)):
            _log.error("%s", kind and kind.__name__)


_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (Foreign, 403),
    (Flood, 429),
    (UnknownId, 404),
    (Refused, 400),
    (HubGone, 503),
    (StoreError, 503),
)


def _said(problem: object) -> tuple[int, str]:
    for kind, status in _STATUS:
        if isinstance(problem, kind):
            return status, str(problem) if not isinstance(problem, StoreError) else say("jupyter.mailbox.store_gone")
    return 500, say("jupyter.mailbox.wrong")


@web.stream_request_body  # else a whole body is in memory before anyone is asked who sends it
class _Waiting(_Handler):
    def data_received(self, part: bytes) -> None:
        """Nothing is kept of it."""

    async def get(self) -> None:
        person = self.me()
        if "begun" in self.request.query_arguments:
            self.finish({"begun": await self.stored(self._mail.began, person.name)})
            return
        found = await self.stored(self._mail.waiting, person.name)
        rows = [
            {"number": one.number, "kind": one.kind, "from": one.sender, "size": one.size, "at": one.at.isoformat()}
            for one in found
        ]
        self.finish({"mail": rows})

    async def post(self) -> None:
        person = self.me()
        await self.stored(self._mail.begin, person.name)
        self.set_status(204)
        self.finish()


@web.stream_request_body
class _Nothing(_Handler):
    def data_received(self, part: bytes) -> None:
        """Nothing is kept of it."""

    async def prepare(self) -> None:
        raise web.HTTPError(404, say("jupyter.mailbox.nothing_here"))


@web.stream_request_body
class _One(_Handler):
    async def prepare(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        await super().prepare()

    def data_received(self, part: bytes) -> None:
        self._size += len(part)
        if self._person and self._size <= LARGEST:
            self._parts.append(part)
        else:
            self._parts.clear()  # what is too large is read to its end, so that the sentence arrives, and kept nowhere

    async def post(self, to: str) -> None:
        person = self.me()
        if self._size > LARGEST:
            raise web.HTTPError(413, say("jupyter.mailbox.too_large", most=envelope.LARGEST // 2**20))
        body = b"".join(self._parts)
        kind = envelope.outside(body)
        counsels = kind != "submission"  # only they ask and reply
        if counsels and not person.counselor:
            raise Foreign(say("jupyter.mailbox.counselors_only"))
        name = await self._hub.knows(to) if counsels else to
        if name is None:
            raise UnknownId(say("jupyter.mailbox.nobody"))
        number = await self.stored(self._mail.put, person.name, name, kind, body, first=counsels)
        self.finish({"number": number})

    async def get(self, number: str) -> None:
        person = self.me()
        body = await self.stored(self._mail.fetch, person.name, _number(number))
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(body)

    async def delete(self, number: str) -> None:
        person = self.me()
        await self.stored(self._mail.taken, person.name, _number(number))
        self.set_status(204)
        self.finish()


def _number(said: str) -> int:
    if said.isascii() and said.isdigit() and len(said) < 10:
        return int(said)
    raise UnknownId(say("storage.mail.nothing"))


def application(mail: Mail, hub: Hub, prefix: str) -> web.Application:
    """Return the service below `prefix`, with this store and this hub."""
    kit = {"mail": mail, "hub": hub, "threads": ThreadPoolExecutor(_THREADS)}
    start = prefix.rstrip("/")
    handlers = [(f"{start}/api/mail", _Waiting, kit), (f"{start}/api/mail/([^/]+)", _One, kit), (".*", _Nothing, kit)]
    return web.Application(handlers, log_function=_counted)


def _counted(handler: web.RequestHandler) -> None:
    """What was asked and what came of it; an address names people, so it is left out."""
    _log.info("%s %d", handler.request.method, handler.get_status())


def listen(mail: Mail, hub: Hub, prefix: str, port: int, host: str) -> Any:
    """Start to listen, in the running loop; return the server. `port` 0 is a free one."""
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets

    server = HTTPServer(application(mail, hub, prefix), max_body_size=_READ, max_buffer_size=_READ)
    server.add_sockets(bind_sockets(port, host))
    return server


def serve(store: str, group: str, environ: Mapping[str, str]) -> None:
    """Run as the service that `environ` describes, until it is stopped. Raises Refused outside JupyterHub."""
    missing = [name for name in _HUB if not environ.get(name)]
    if missing:
        raise Refused(say("jupyter.mailbox.no_hub"))
    try:
        mail = Mail(store)
    except ModuleNotFoundError:
        raise Refused(say("jupyter.mailbox.missing", command='pip install "mend-workbook[postgresql]"')) from None
    at = urlsplit(environ["JUPYTERHUB_SERVICE_URL"])
    hub = Hub(environ["JUPYTERHUB_API_URL"], environ["JUPYTERHUB_API_TOKEN"], environ["JUPYTERHUB_SERVICE_NAME"], group)

    gc.set_threshold(100_000)  # as in `lab.run`: this serves for days

    async def run() -> None:
        listen(mail, hub, environ["JUPYTERHUB_SERVICE_PREFIX"], at.port or 80, at.hostname or "127.0.0.1")
        await asyncio.Event().wait()

    asyncio.run(run())


_HUB = (
    "JUPYTERHUB_SERVICE_URL",
    "JUPYTERHUB_SERVICE_PREFIX",
    "JUPYTERHUB_SERVICE_NAME",
    "JUPYTERHUB_API_URL",
    "JUPYTERHUB_API_TOKEN",
)

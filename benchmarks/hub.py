"""A practice on a hub: python -m benchmarks.hub [--clients 200] [--seconds 10] [--most 8] [--no-memory] [--no-mail].

200 clients with tokens of a JupyterHub, made through its API, send sealed files to the mailbox that it started, as
their pages do on one machine, and then through its proxy with TLS; PostgreSQL waits for the disk. Each has asked before
what waits for them, as a page does when it is opened. The hub starts a
mailbox that was killed again only after half a minute, so for the rest a small server stands for it, which the mailbox
asks as it would: mailbox and PostgreSQL are killed and started again in turn while all send on, and what was
acknowledged is counted. Then JupyterHub starts `workbook hub` for one client and for eight, each with a page open: how
much memory each has (PSS of their server and all it started).

Aims: a send in 100 ms, 100 sends a second, a list of 2,000 in 50 ms, nothing lost or doubled, 300 MB for each client.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import secrets
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.ratios import Ratio
from tests import mailboxes, postgresql
from tests.journeys.practice import NAME, ROOT, Practice, practising
from workbook.sharing.post import Mailbox, NotSent
from workbook.storage import seal
from workbook.storage.mail import Mail

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = 16  # clients who send at the same moment
_LISTED = 2_000
_FULL = b"x" * 20_000  # what is in a file: some fifty answers


def sealed() -> bytes:
    """A file as a mailbox sees a submission: each is another."""
    return b"mend-submission 2\n" + seal.seal(_FULL + secrets.token_bytes(16), seal.recipient(mailboxes.COUNSELOR))


class Service:
    """The mailbox as a process of its own, which can be killed and started again."""

    def __init__(self, store: str, hub: mailboxes.Hub, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{mailboxes.PREFIX}"
        self._environ = os.environ | {
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}",
            "JUPYTERHUB_SERVICE_PREFIX": mailboxes.PREFIX,
            "JUPYTERHUB_SERVICE_NAME": "mailbox",
            "JUPYTERHUB_API_URL": hub.url,
            "JUPYTERHUB_API_TOKEN": mailboxes.OWN,
            "WORKBOOK_STORE": store,
        }
        self.start()

    def start(self) -> None:
        """Start it; when this returns, it answers."""
        self._process = subprocess.Popen([sys.executable, "-m", "workbook", "mailbox"], env=self._environ)
        end = time.monotonic() + 60
        while True:
            try:
                Mailbox(self.url, "t-lee").waiting()
                return
            except NotSent:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.wait()


class Clients:
    """Some clients who send on until they are told to stop; what was acknowledged, and how long each took."""

    def __init__(self, boxes: list[Mailbox], lee: Mailbox) -> None:
        self._boxes, self._lee = boxes, lee
        self.sent: list[int] = []  # the number of each, as often as it was acknowledged
        self.seconds: list[float] = []
        self.failed = 0

    def send(self, seconds: float) -> float:
        """Send for some time, one file after the other, each until it is acknowledged; return how many a second."""
        end, turns = time.monotonic() + seconds, iter(range(10**9))
        lock, before = threading.Lock(), len(self.sent)

        def one() -> None:
            while time.monotonic() < end:
                with lock:
                    box = self._boxes[next(turns) % len(self._boxes)]
                data = sealed()
                while True:
                    began = time.perf_counter()
                    try:
                        number = box.send("lee", data)
                    except NotSent:
                        self.failed += 1
                        time.sleep(0.05)
                        continue
                    with lock:
                        self.sent.append(number)
                        self.seconds.append(time.perf_counter() - began)
                    break
                with contextlib.suppress(NotSent):  # so that nobody's are too many
                    self._lee.taken(number)

        began = time.monotonic()
        with ThreadPoolExecutor(_AT_ONCE) as many:
            for done in [many.submit(one) for _ in range(_AT_ONCE)]:
                done.result()
        return (len(self.sent) - before) / (time.monotonic() - began)


@contextlib.contextmanager
def disturbed(service: Service, server: postgresql.Server, pause: float) -> Iterator[None]:
    """Kill the mailbox and PostgreSQL in turn, each some moments after it came back, until the end of the block."""
    over = threading.Event()

    def disturb() -> None:
        while not over.wait(pause):
            service.kill()
            service.start()
            if over.wait(pause):
                break
            server.kill()
            server.start()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def sent(clients: Clients, seconds: float, how: str, aim: float | None = 1) -> Iterator[Ratio]:
    """Let them send; how long one took, and how many went a second."""
    rate = clients.send(seconds)
    median = statistics.median(clients.seconds)
    yield Ratio(f"a send of {len(sealed()) // 1000} kB, {how}, {1000 * median:.0f} ms", "100 ms", median / 0.1, aim)
    yield Ratio(f"100 sends a second, {how}", f"{rate:.0f} a second", 100 / rate, aim)


def with_hub(clients: int, seconds: float) -> Iterator[Ratio]:
    """Send with tokens of a real hub, to the mailbox itself and through the proxy."""
    people = [f"client{number}" for number in range(clients)]
    os.environ["HUB_MAKER"] = maker = secrets.token_hex(32)
    with hub_of([], fsync=True) as (practice, store):
        with contextlib.closing(Mail(store)) as letters:
            for number, person in enumerate(people):
                letters.put("lee", person, "assignment", b"%d" % number, first=True)
        asked(practice, "/hub/api/users", maker, {"usernames": people})
        tokens = [asked(practice, f"/hub/api/users/{person}/tokens", maker, {})["token"] for person in people]
        lee = practice.mailbox("lee")
        boxes = [Mailbox(lee._url.removesuffix("/api/mail"), token) for token in tokens]
        for box in boxes:  # as a page does when it is opened: from then on the mailbox knows whose token it is
            box.waiting()
        yield from sent(Clients(boxes, lee), seconds, f"{clients} clients of a JupyterHub")
        leading_here(practice)
        address = f"https://mailbox--service.{NAME}:{practice.port}/services/mailbox"
        boxes = [Mailbox(address, token) for token in tokens]
        yield from sent(Clients(boxes, lee), seconds, f"{clients} clients of a JupyterHub, by its proxy with TLS", None)


def asked(practice: Practice, path: str, token: str, more: dict[str, object]) -> Any:
    """Have the hub make something, and return what it says of it."""
    status, body = called(practice, "POST", path, token, body=json.dumps(more))
    if status not in (200, 201):
        raise SystemExit(f"The hub makes nothing at {path}: {status}.")
    return json.loads(body)


def leading_here(practice: Practice) -> None:
    """Let the names of the hub lead here in this process, and its certificate count."""
    real = socket.getaddrinfo

    def found(host: str, *more: Any, **named: Any) -> Any:
        return real("127.0.0.1" if host.endswith(NAME) else host, *more, **named)

    socket.getaddrinfo = found  # type: ignore[assignment] # for this one program
    os.environ["SSL_CERT_FILE"] = str(practice.folder / "certificate.pem")


def mail(clients: int, seconds: float) -> Iterator[Ratio]:
    """Send, list, and send on while both are killed."""
    programs = postgresql.programs()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed.")
    loop = mailboxes.Loop()
    hub = mailboxes.Hub(loop)
    hub.people |= {f"t-client{number}": mailboxes.person(f"client{number}") for number in range(clients)}
    with postgresql.running(programs, fsync=True) as server, mailboxes.held_port() as port:
        store = server.database()
        service = Service(store, hub, port)
        letters = Mail(store)
        try:
            for number in range(clients):
                letters.put("lee", f"client{number}", "assignment", b"%d" % number, first=True)
            boxes = [Mailbox(service.url, f"t-client{number}") for number in range(clients)]
            all_of_them = Clients(boxes, Mailbox(service.url, "t-lee"))
            yield from sent(all_of_them, seconds, f"{clients} clients, a stand-in for the hub")
            with disturbed(service, server, 1.0):
                all_of_them.send(2 * seconds)
            lost, doubled = counted(server, store, all_of_them)
            print(f"{len(all_of_them.sent)} sent, {all_of_them.failed} times not acknowledged", file=sys.stderr)
            yield Ratio("files lost while both are killed", "one", lost, 0)
            yield Ratio("files doubled by that", "one", doubled, 0)

            for number in range(_LISTED):
                letters.put(f"sender{number}", "kim", "submission", b"%d" % number, first=True)
            kim = Mailbox(service.url, "t-kim")
            took = statistics.median(_seconds(kim) for _ in range(9))
            yield Ratio(f"a list of {_LISTED}, {1000 * took:.0f} ms", "50 ms", took / 0.05, 1)
        finally:
            letters.close()
            service.kill()
            hub.stop()
            loop.stop()


def _seconds(box: Mailbox) -> float:
    began = time.perf_counter()
    found = box.waiting()
    took = time.perf_counter() - began
    if len(found) != _LISTED:
        raise SystemExit(f"{len(found)} files are listed, and there are {_LISTED}.")
    return took


def counted(server: postgresql.Server, store: str, clients: Clients) -> tuple[int, int]:
    """Return how many acknowledged files are not there, and how many are there more often than they were sent."""
    rows = server.ask(store, "SELECT number, digest FROM mail WHERE kind = 'submission'")
    there = {number for number, _ in rows}
    return len(set(clients.sent) - there), len(rows) - len(set(clients.sent))


# --- memory ---


@contextlib.contextmanager
def hub_of(people: list[str], **how: Any) -> Iterator[tuple[Practice, str]]:
    """A JupyterHub with these people, as the tests have it, and the URL of its mailbox's store."""
    programs = postgresql.programs()
    if programs is None or not (ROOT / "node_modules" / ".bin" / "configurable-http-proxy").exists():
        raise SystemExit("PostgreSQL or JupyterHub's proxy is not installed: npm install --no-package-lock")
    os.environ["HUB_PEOPLE"] = " ".join(people)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        postgresql.running(programs, **how) as server,
        practising(Path(folder), store := server.database()) as practice,
    ):
        yield practice, store


def memory(most: int) -> Iterator[Ratio]:
    """Open a page for one client and for more, as JupyterHub does it, and weigh what runs for each."""
    people = [f"client{number}" for number in range(most)]
    with hub_of(people) as (practice, _):
        before = 0
        for count in sorted({1, most}):
            for person in people[before:count]:
                visit(practice, person)
            before = count
            time.sleep(10)  # until the page that waits to be next is there
            each = sum(map(weighed, people[:count], [practice] * count)) / count
            yield Ratio(
                f"memory of a client with a page open, of {count}: {each / 1e6:.0f} MB", "300 MB", each / 3e8, 1
            )


def visit(practice: Practice, person: str) -> None:
    """Have the hub start a person's server, and run their first page."""
    token = practice.mailbox(person)._token
    answer, _ = called(practice, "POST", f"/hub/api/users/{person}/server", token)
    if answer not in (201, 202, 400):  # 400: it runs
        raise SystemExit(f"The hub does not start a server for {person}: {answer}.")
    end = time.monotonic() + 180
    while called(practice, "GET", f"/user/{person}/voila/render/00-start.ipynb", token, f"{person}.{NAME}")[0] != 200:
        if time.monotonic() > end:
            raise SystemExit(f"No page came for {person}.")
        time.sleep(0.5)


def called(
    practice: Practice, method: str, path: str, token: str, host: str = NAME, body: str | None = None
) -> tuple[int, bytes]:
    """Ask the proxy as a browser would, with someone's token."""
    context = ssl.create_default_context(cafile=str(practice.folder / "certificate.pem"))
    context.check_hostname = False  # the name leads here for nobody
    connection = http.client.HTTPSConnection("127.0.0.1", practice.port, context=context, timeout=180)
    with contextlib.closing(connection):
        headers = {"Host": f"{host}:{practice.port}", "Authorization": f"token {token}"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def weighed(person: str, practice: Practice) -> int:
    """Return the bytes of a person's server and all it started; what several share is divided among them (PSS)."""
    home = str(practice.folder / "homes" / person)
    every = psutil.Process(practice.process.pid).children(recursive=True)
    [own] = [each for each in every if "hub" in each.cmdline()[-1:] and each.environ().get("HOME") == home]
    return sum(each.memory_full_info().pss for each in (own, *own.children(recursive=True)))


def ratios() -> Iterator[Ratio]:
    """All of it, smaller: 5 seconds of sending."""
    yield from with_hub(200, 5)
    yield from mail(200, 5)
    yield from memory(8)


def main() -> None:
    """Measure, and print lines of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--most", type=int, default=8)
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--no-mail", action="store_true")
    given = parser.parse_args()
    for part in () if given.no_mail else (with_hub, mail):
        for one in part(given.clients, given.seconds):
            print(*one, sep=" | ", flush=True)
    for one in () if given.no_memory else memory(given.most):
        print(*one, sep=" | ", flush=True)


if __name__ == "__main__":
    main()

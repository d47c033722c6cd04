"""A caseload of 1,000 clients with 300 answers each: python -m benchmarks.caseload [--clients 1000] [--store URL].

Every client's answers arrive as a sealed file, and all files are received in one go. Then it prints how long the list
of clients takes, and that beside reading the same rows with pandas alone. Aims: the list in 2 s, most of it the rows.
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from benchmarks.ratios import Ratio
from workbook import definition
from workbook.answers import kinds as answers
from workbook.definition import models
from workbook.sharing import asking, bundles, caseload, envelope, kept, keys
from workbook.sharing.bundles import Assignment, Submission
from workbook.sharing.clients import Client
from workbook.sharing.kept import Glance
from workbook.storage import seal
from workbook.storage.records import Records
from workbook.storage.sqlite import connect, server
from workbook.storage.store import StoredAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
WEEKS = 12


def submission(workbook: models.Workbook, token: str, number: int, count: int, client_key: str) -> Submission:
    """Weekly ratings of the four principles, and words for the rest of `count` answers."""
    rated = [workbook.item(id) for scale in asking.principle_scales() for id in scale.items]
    words = workbook.item("space.urges.trigger")
    asked = [(item, (date(2027, 1, 4) + timedelta(weeks=week)).isoformat()) for week in range(WEEKS) for item in rated]
    asked += [(words, (date(2026, 1, 1) + timedelta(days=day)).isoformat()) for day in range(count)]
    given = []
    for place, (item, occasion) in enumerate(asked[:count]):
        value: object = (number + place // 24 + place) % 5 if item.kind == "scale" else "It was a long evening. " * 6
        stored = StoredAnswer(
            id="",
            item=item.id,
            exercise=item.exercise_id,
            occasion=occasion,
            version=1,
            status="answered",
            value=value,
            label=answers.label(item, value),
            prompt=item.prompt,
            kind=item.kind,
            fingerprint=definition.fingerprint(item),
            begun_at=NOW,
            answered_at=NOW,
        )
        given.append(bundles.shared(stored))
    return Submission(
        token=token,
        source=envelope.new_token(),
        sequence=1,
        made_at=NOW,
        definition=workbook.fingerprint,
        client_key=client_key,
        holds={one.key: one.id for one in given},
        answers=tuple(given),
    )


def read_alone(home: Path, opener: keys.Keys, store: str | None) -> pd.DataFrame:
    """Read the rows an overview is worked out from, with pandas and nothing else."""
    query = "SELECT client, exercise, item, occasion, status, CAST(value AS TEXT) AS value FROM answers"
    if store:
        return pd.read_sql(query, server(store, opener.owner))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would rather have an SQLAlchemy engine
        return pd.read_sql(query, connect(home / "caseload.sqlite", bytes.fromhex(opener.store)))


def ratios() -> Iterator[Ratio]:
    """Of a smaller caseload: 200 clients."""
    measured = measure(clients=200, count=300)
    yield Ratio("the list of 200 clients", "reading their 60,000 answers", measured["list"] / measured["alone"])
    yield Ratio("that list worked out anew", "reading their 60,000 answers", measured["anew"] / measured["alone"])


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--answers", type=int, default=300)
    parser.add_argument("--store", help="a postgresql+psycopg:// URL of an empty database")
    given = parser.parse_args()
    measured = measure(given.clients, given.answers, given.store)
    print(f"received {given.clients} files of {given.answers} answers: {measured['received']:.1f} s")
    print(f"the list: {measured['list']:.2f} s, {measured['list'] / measured['alone']:.2f} × reading the rows")
    print(f"the same with everything worked out anew: {measured['anew']:.2f} s")
    print(f"one client's page: {measured['page']:.2f} s")


def measure(clients: int, count: int, store: str | None = None) -> dict[str, float]:
    """Make the caseload, receive, look; return seconds."""
    seconds = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = keys.keygen(folder / "caseload", "four calm grey herons")
        opener = keys.unlock(home, "four calm grey herons")
        workbook = definition.load()
        identity = seal.new_identity()
        with caseload.open_caseload(home, opener, store=store, now=lambda: NOW) as opened:
            tasks = asking.tasks_for(workbook, ["responsibility", "space"], due=date(2027, 2, 1))
            packed = opened.assign("Client 0000", tasks)
            first = envelope.open_assignment(packed, workbook).bundle
            for number in range(1, clients):  # what `assign` does, without judging the same each time
                client = Client(
                    secrets.token_hex(16), f"Client {number:04}", envelope.new_token(), NOW, None, None, False, None
                )
                opened.remember(client)
                its = first.model_copy(update={"token": client.token, "client": client.name})
                Records(opened.store, "assignment", Assignment, client.id).put("current", its)
            files = []
            for number, client in enumerate(opened.clients()):
                files.append(folder / f"{number}.submission")
                made = submission(workbook, client.token, number, count, seal.recipient(identity))
                files[-1].write_bytes(envelope.pack_sealed(made, identity, opened.public_key))

            began = time.perf_counter()
            outcomes = opened.receive_many(files)
            seconds["received"] = time.perf_counter() - began
            assert sum(one.receipt is not None for one in outcomes) == clients  # noqa: S101 # else there is nothing to measure

        began = time.perf_counter()
        read_alone(home, opener, store)
        seconds["alone"] = time.perf_counter() - began
        with caseload.open_caseload(home, opener, store=store, now=lambda: NOW) as opened:
            began = time.perf_counter()
            opened.overview()
            seconds["list"] = time.perf_counter() - began
            for client in opened.store.clients():
                kept.of(opened.store, Glance, client).remove("glance")
            began = time.perf_counter()
            opened.overview()
            seconds["anew"] = time.perf_counter() - began
            began = time.perf_counter()
            opened.page("Client 0007")
            seconds["page"] = time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    main()

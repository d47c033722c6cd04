"""Files of a counselor who means harm, signed and well formed: every hostile snippet wherever such a file has words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.hostile import snippets
from workbook.definition.asks import Asks
from workbook.sharing import envelope
from workbook.sharing.bundles import Assignment, Comment, Feedback, content_id
from workbook.storage import seal

if TYPE_CHECKING:
    from workbook.journal import Journal

# What asks for a passphrase is refused before anybody sees it.
SNIPPETS = tuple(words for words in snippets().values() if "pass" not in words.lower())
EVERY = "\n\n".join(SNIPPETS)
NAME = "<img src=x onerror=top.ran=1>"
ASKED = "responsibility.incident"
OWN = "instruments.questions"
_TOKEN = "a" * 32
_MADE = datetime(2027, 1, 4, 9, tzinfo=UTC)


def asks() -> Asks:
    """Return what is asked: one exercise of Mend with their words, and a questionnaire that holds the snippets."""
    points = [  # a prompt and a label are words; what is read as Markdown with such words is refused, see test_hostile
        {"id": f"{OWN}.s{at}", "kind": "scale", "prompt": words, "points": {0: words[:200], 1: "b"}}
        for at, words in enumerate(SNIPPETS)
    ]
    ids = [one["id"] for one in points]
    brought = {
        "instrument": "questions", "title": NAME, "source": NAME, "licence": NAME,
        "exercise": {"id": OWN, "title": NAME, "minutes": 1, "source": NAME, "items": points},
        "scales": [{"id": "questions", "title": NAME, "items": ids, "min_answered": 1, "source": NAME}],
    }  # fmt: skip
    tasks = [{"exercise": ASKED, "instruction": EVERY[:4900]}, {"exercise": OWN}]
    return Asks.model_validate({"tasks": tasks, "instruments": [brought]})


def assignment(counselor: str, sequence: int = 1) -> bytes:
    """Return an assignment's file, signed with a counselor's key."""
    made = Assignment(
        token=_TOKEN, sequence=sequence, made_at=_MADE + timedelta(hours=sequence), counselor=NAME,
        counselor_key=seal.recipient(counselor), client=NAME, asks=asks(),
    )  # fmt: skip
    return envelope.pack(made, counselor)


def feedback(counselor: str, journal: Journal, item: str) -> bytes:
    """Return a reply's file for a journal, with a comment beside its answer to `item`."""
    answer = next(one for one in journal.current() if one.item == item)
    made = Feedback(
        token=_TOKEN, sequence=1, made_at=_MADE, counselor=NAME, counselor_key=seal.recipient(counselor), reply=EVERY,
        comments=(Comment(answer=content_id(answer), text=EVERY),),
    )  # fmt: skip
    return envelope.pack_sealed(made, counselor, seal.recipient(journal.key))

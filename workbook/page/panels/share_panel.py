"""The client's two panels: a file from a counselor comes in, a sealed one for them goes into a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import files, words
from workbook.answers import occasions
from workbook.definition.asks import Task
from workbook.errors import Refused, UnknownId
from workbook.page import assets
from workbook.page.panels import panel
from workbook.page.panels.coming import Coming
from workbook.page.panels.sending import Sending
from workbook.sharing import client as share
from workbook.sharing import letters
from workbook.storage import exchange

if TYPE_CHECKING:
    from datetime import datetime

    from workbook.definition.models import Exercise, Workbook
    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Message, Reply
    from workbook.sharing.bundles import GateEvent, SharedAnswer, Submission

_EXCERPT = 90  # characters of an answer in the list of what can be chosen

_Keep = Callable[["Path"], object]  # writes the file it is given a path for


class Sharing(panel.Panel):
    """Choose answers, see what a counselor will see, seal it; and keep a page for oneself."""

    _esm = assets.Script("share.js")

    def __init__(self, journal: Journal, *, folder: Path | None = None) -> None:
        """`folder`: where files are proposed to go; else Downloads, else the journal's folder."""
        handlers = {"ready": self._ready, "preview": self._preview, "seal": self._seal, "page": self._page}
        self._sending = Sending(journal, self._fresh)
        texts = panel.texts("page.share") | words.section("page.sending")
        super().__init__("sharing", _static(journal, texts), {**handlers, **self._sending.handlers})
        self._journal = journal
        self._folder = folder or _downloads(journal.path)
        self._seen: Submission | None = None  # what the person looked at last
        self._choices: tuple[set[str], bool, bool] = (set(), False, False)  # ticked, with gates, everything

    def _ready(self, message: Message, buffers: Buffers) -> Reply:
        journal = self._journal
        day = f"{journal.now():%Y-%m-%d}"
        asked = journal.assigned
        return {
            "type": "state",
            "counselor": asked and asked.counselor,
            "words": " ".join(share.words(journal)),
            "start": f"{journal.workbook.chapters[0].notebook}.ipynb",
            "chapters": _tree(journal, {task.exercise for task in asked.asks.tasks}) if asked else [],
            "gates": len(journal.gate_events()),
            "file": self._proposed(f"{day}.submission"),
            "page": self._proposed(f"mend-{day}.html"),
            **self._sending.state(),
        }

    def _preview(self, message: Message, buffers: Buffers) -> Reply:
        ticked = {str(key) for key in message["keys"]}
        self._choices = (ticked, message["gates"] is True, message["everything"] is True)
        self._seen = self._made()
        seen = share.preview(self._journal, self._seen)
        return {
            "type": "preview",
            "sequence": self._seen.sequence,
            "new": _sight(self._journal, seen.new),
            "changed": _sight(self._journal, seen.changed),
            "again": _sight(self._journal, seen.again),
            "there": seen.there,
            "handed": seen.handed,
            "taken_back": [_place(self._journal, key) for key in seen.taken_back],
            "gates": [_gate(self._journal.workbook, event) for event in seen.gates],
        }

    def _made(self) -> Submission:
        ticked, gates, everything = self._choices
        now = self._journal.now()
        return share.submission(self._journal, ticked, now=now, with_gates=gates, everything=everything)

    def _fresh(self) -> Submission:
        """Make anew what the person looked at last. Raises Refused when it is not the same any more."""
        seen = self._seen
        if seen is None:
            raise Refused(words.say("page.panels.look_first"))
        fresh = self._made()
        then = {"made_at": seen.made_at, "taken_back": seen.taken_back}
        if fresh.model_copy(update=then) != seen or fresh.taken_back.keys() != seen.taken_back.keys():
            self._seen = None
            raise Refused(words.say("page.panels.changed_since"))
        return fresh

    def _seal(self, message: Message, buffers: Buffers) -> Reply:
        fresh = self._fresh()

        def write(path: Path) -> None:
            share.write_submission(self._journal, fresh, path)

        taken_back = len(share.preview(self._journal, fresh).taken_back)
        file, data = self._kept(message, "submission", write)
        letters.drop(self._journal, refused=self._sending.refused)  # what waits is older than this
        self._seen = None
        held = {"answers": len(fresh.answers), "taken_back": taken_back, "gates": len(fresh.gates)}
        return {"type": "sealed", **file, **held}, data

    def _page(self, message: Message, buffers: Buffers) -> Reply:
        def write(path: Path) -> None:
            self._journal.report(path, words=message["words"] is True, private=message["private"] is True)

        file, data = self._kept(message, "html", write)
        return {"type": "page", **file}, data

    def _proposed(self, name: str) -> str:
        """On a hub a person has no folder to find a file in: there it goes to the browser's downloads."""
        return "" if words.on_hub() else str(_free(self._folder / name))

    def _kept(self, message: Message, ending: str, write: _Keep) -> tuple[dict[str, object], list[bytes]]:
        """Write a file where the person chose: a path on this computer, or (no path) the browser's downloads."""
        day = f"{self._journal.now():%Y-%m-%d}"
        if words.on_hub() or message.get("path") is None:
            with tempfile.TemporaryDirectory() as folder:
                write(new := Path(folder, f"new.{ending}"))
                data = new.read_bytes()
            return {"file": files.named(day, data, ending), "size": len(data)}, [data]
        typed = str(message["path"]).strip()
        if not typed:
            raise Refused(words.say("page.panels.where"))
        path = self._folder / Path(typed).expanduser()
        path = _free(path / f"{day}.{ending}") if path.is_dir() else share.new_file(path, f"{day}.{ending}")
        write(path)
        return {"file": str(path), "size": path.stat().st_size}, []


class Given(panel.Panel):
    """Take in a file from a counselor, and show what they ask and what they wrote.

    `refresh()` is called after a file has changed what the workbook asks, to bring the notebooks up to date.
    """

    _esm = assets.Script("given.js")

    def __init__(self, journal: Journal, *, refresh: Callable[[], object]) -> None:
        self._coming = Coming(journal, self._show)
        handlers = {"ready": self._ready, "look": self._look, "accept": self._accept, **self._coming.handlers}
        texts = panel.texts("page.given") | words.section("page.coming")
        super().__init__("given", _static(journal, texts), handlers)
        self._journal = journal
        self._refresh = refresh
        self._looked: dict[str, share.Given] = {}  # by the seq of the message that brought the file

    def _ready(self, message: Message, buffers: Buffers) -> Reply:
        asked = self._journal.assigned
        replies = [one for one in exchange.replies(self._journal.store).all().values() if one.reply]
        newest = max(replies, key=lambda reply: reply.at, default=None)
        return {
            "type": "state",
            "counselor": asked and asked.counselor,
            "words": " ".join(share.words(self._journal)),
            "tasks": _tasks(self._journal, asked.asks.tasks) if asked else [],
            "reply": newest and newest.model_dump(include={"by", "at", "reply"}, by_alias=True),
            "comments": _commented(self._journal),
        }

    def _look(self, message: Message, buffers: Buffers) -> Reply:
        return self._show(message, buffers[0])

    def _show(self, message: Message, data: bytes, ask: str = "") -> dict[str, object]:
        """What a file would change, whichever way it came; `ask`: why that way needs a second yes."""
        given = share.given(self._journal, data)
        self._looked = {str(message["seq"]): given}
        why = " ".join(filter(None, (given.ask, ask)))
        shown = {"lines": list(given.lines), "words": list(given.words), "ask": why}
        return {"type": "look", "kind": given.kind, **shown, "look": message["seq"]}

    def _accept(self, message: Message, buffers: Buffers) -> Reply:
        given = self._looked.pop(str(message["look"]), None)
        if given is None:
            raise Refused(words.say("page.panels.choose_again"))
        given.accept(sure=message.get("sure") is True)
        self._coming.taken(message)
        self._refresh()
        return {"type": "accepted"}


def _static(journal: Journal, texts: Mapping[str, words.Sentence]) -> dict[str, object]:
    return {"language": journal.workbook.language, "texts": texts}


def _downloads(journal: Path) -> Path:
    downloads = Path.home() / "Downloads"
    return downloads if downloads.is_dir() else journal


def _free(path: Path) -> Path:
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free


# --- what can be chosen ---


def _tree(journal: Journal, asked: set[str]) -> list[dict[str, object]]:
    """Return every answer by chapter, exercise and occasion; of a private one only that it is there."""
    hidden = journal.standing().hidden
    rows = [row for row in share.choices(journal) if row.shared or row.item not in hidden]
    chapters: list[dict[str, object]] = []
    for chapter in journal.workbook.chapters:
        exercises = [
            _branch(
                journal.workbook, exercise, [row for row in rows if row.exercise == exercise.id], exercise.id in asked
            )
            for exercise in chapter.exercises
        ]
        exercises = [branch for branch in exercises if branch["occasions"]]
        if exercises:
            chapters.append({"title": chapter.title, "exercises": exercises})
    return chapters


def _branch(workbook: Workbook, exercise: Exercise, rows: list[share.Choice], asked: bool) -> dict[str, object]:
    place = {item.id: number for number, item in enumerate(exercise.items)}
    rows = sorted(rows, key=lambda row: place.get(row.item, 0))
    filled = sorted({row.occasion for row in rows}, key=occasions.order, reverse=True)
    return {
        "id": exercise.id,
        "title": exercise.title,
        "asked": asked,
        "occasions": [
            {
                "day": _day(workbook, exercise.id, occasion),
                "answers": [_leaf(row) for row in rows if row.occasion == occasion],
            }
            for occasion in filled
        ],
    }


def _leaf(row: share.Choice) -> dict[str, object]:
    if row.share == "private":
        return {"prompt": row.prompt, "private": True}
    words = " ".join(row.label.split())
    return {
        "key": row.key,
        "prompt": row.prompt,
        "words": words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()}…",
        "shared": row.shared,
        "changed": row.changed,
        "there": row.there,
        "elsewhere": row.elsewhere,
    }


def _day(workbook: Workbook, exercise: str, occasion: str) -> dict[str, object] | None:
    """An occasion as the page names it: its day or week, and which of that day; None for what is asked once."""
    if occasion == "once":
        return None
    weekly = any(one.id == exercise and one.repeats == "weekly" for one in workbook.exercises)
    return {"date": occasion[:10], "number": occasions.order(occasion)[1], "week": weekly}


# --- what they will see ---


def _sight(journal: Journal, answers: Iterable[SharedAnswer]) -> list[dict[str, object]]:
    """Return shared answers as the counselor sees them, by exercise and occasion, in the workbook's order."""
    groups: dict[tuple[str, str], list[SharedAnswer]] = {}
    for answer in answers:
        groups.setdefault((answer.exercise, answer.occasion), []).append(answer)
    order = {item.id: number for number, item in enumerate(journal.workbook.items)}
    found: list[dict[str, object]] = []
    for (exercise, occasion), group in sorted(
        groups.items(),
        key=lambda each: (min(order.get(answer.item, 0) for answer in each[1]), occasions.order(each[0][1])),
    ):
        group.sort(key=lambda answer: order.get(answer.item, 0))
        seen = [
            {"prompt": one.prompt, "label": one.label, "status": one.status, "at": one.answered_at.isoformat()}
            for one in group
        ]
        title, day = share.exercise_title(journal.workbook, exercise), _day(journal.workbook, exercise, occasion)
        found.append({"title": title, "day": day, "answers": seen})
    return found


def _place(journal: Journal, key: str) -> dict[str, object]:
    """Name an answer without its words: what the counselor loses."""
    item, _, occasion = key.partition("@")
    try:
        prompt = journal.workbook.item(item).prompt
    except UnknownId:  # no longer asked
        prompt = item
    exercise = item.rpartition(".")[0]
    title, day = share.exercise_title(journal.workbook, exercise), _day(journal.workbook, exercise, occasion)
    return {"title": title, "day": day, "prompt": prompt}


def _gate(workbook: Workbook, event: GateEvent) -> dict[str, object]:
    titles = {gate.id: gate.title for gate in workbook.gates}
    return {"title": titles.get(event.gate, event.gate), "change": event.change, "at": event.at.isoformat()}


# --- what the counselor asks, and wrote ---


def _tasks(journal: Journal, tasks: Iterable[Task]) -> list[dict[str, object]]:
    progress = {one.exercise: one for one in journal.progress()}
    found: list[dict[str, object]] = []
    for task in tasks:
        here = progress.get(task.exercise)
        if here is None:  # this workbook does not ask it
            continue
        closing = journal.standing().closing(here.exercise)
        found.append(
            {
                "title": journal.workbook.named(here.exercise),
                "href": _href(journal.workbook, here.exercise),
                "instruction": task.instruction or "",
                "due": task.due and task.due.isoformat(),
                "done": here.done,
                "closed": closing is not None,
                "waits": closing is not None and closing.waits,
            }
        )
    return found


def _commented(journal: Journal) -> list[dict[str, object]]:
    """The exercises with comments, each once, the newest comment first."""
    places: dict[str, datetime] = {}
    for comment in exchange.comments(journal.store).all().values():
        exercise = comment.item.rpartition(".")[0]
        places[exercise] = max(places.get(exercise, comment.at), comment.at)
    said = [
        (exercise, places[exercise].isoformat())
        for exercise in sorted(places, key=lambda one: places[one], reverse=True)
    ]
    asked = {exercise.id for exercise in journal.workbook.exercises}
    return [
        {"title": share.exercise_title(journal.workbook, exercise), "href": _href(journal.workbook, exercise), "at": at}
        for exercise, at in said
        if exercise in asked
    ]


def _href(workbook: Workbook, exercise: str) -> str:
    chapter = next(chapter for chapter in workbook.chapters if any(one.id == exercise for one in chapter.exercises))
    return f"{chapter.notebook}.ipynb#{exercise}"

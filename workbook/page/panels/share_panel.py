"""The client's two panels: a file from a counselor comes in, a sealed one for them goes into a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbook import words
from workbook.answers import occasions
from workbook.definition.asks import Task
from workbook.errors import Refused, UnknownId
from workbook.page import assets
from workbook.page.panels import panel
from workbook.sharing import client as share

if TYPE_CHECKING:
    from workbook.definition.models import Exercise, Workbook
    from workbook.journal import Journal
    from workbook.page.panels.panel import Buffers, Message, Reply
    from workbook.sharing.bundles import GateEvent, SharedAnswer, Submission

_EXCERPT = 90  # characters of an answer in the list of what can be chosen

SHARE_TEXTS: dict[str, str] = {
    "title": "Share with your counselor",
    "no_counselor": "To seal something, this journal needs a file from your counselor first. Its name ends in "
    ".assignment, and it holds the lock that only they can open.",
    "no_counselor_do": "When you have it, open the page Start here and choose it under “Got a file from a counselor?”. "
    "You need no counselor for anything else here.",
    "start_here": "Open Start here",
    "sealed_for": "What you seal here opens only for {counselor}.",
    "empty": "There is no answer to share yet. Come back when you have written something you want them to see.",
    "choose": "1. Choose",
    "choose_how": "Only what you tick goes along. What you handed over is ticked; untick it to take it back.",
    "choose_new": "Nothing is ticked. Only what you tick goes along.",
    "all_of_it": "All of “{title}”",
    "week": "Week of {date}",
    "one_by_one": "Choose one by one",
    "counts": "{count} answers",
    "counts_one": "1 answer",
    "counts_private": "{count} private stay here",
    "asked_for": "{counselor} asked for this",
    "private": "private: stays here",
    "shared": "handed over",
    "there": "they have this",
    "changed": "an earlier version was handed over",
    "elsewhere": "handed over before this journal was copied or put back",
    "words": "Six words to compare with {counselor}, aloud: {words}",
    "gates": "Also tell them that a safety rule closed or opened, never why",
    "gates_help": "They see the name of the rule and the day. Your answers to the safety check stay here.",
    "everything": "Put in again what you handed over before",
    "everything_help": "For when they lost a file of yours.",
    "see": "See what they will see",
    "looking": "Putting it together…",
    "chosen": "{count} chosen",
    "chosen_none": "Nothing chosen yet",
    "sight": "2. What they will see",
    "sight_how": "This is all of it, as {counselor} will see it.",
    "new": "New for them",
    "sight_changed": "Changed since they last had it",
    "again": "Once more",
    "kept": "{count} answers that they have already stay as they are.",
    "kept_one": "1 answer that they have already stays as it is.",
    "handed": "{count} answers from files you made before stay as they are. Whether those arrived is not known yet.",
    "handed_one": "1 answer from a file you made before stays as it is. Whether that arrived is not known yet.",
    "taken_back": "Taken back",
    "taken_back_how": "These go from their side when they open this file.",
    "gates_seen": "Safety rules",
    "closed": "closed",
    "opened": "opened",
    "nothing_new": "Nothing here is new to them, and nothing is taken back. There is nothing to seal today.",
    "skipped": "Skipped",
    "answered": "Answered {time}",
    "seal": "3. Seal it",
    "seal_button": "Seal into a file",
    "sealing": "Sealing…",
    "where": "Where shall the file be?",
    "folder": "In this place on my computer",
    "download": "Where my browser keeps its downloads",
    "done_title": "Sealed",
    "done": "{file} ({size})",
    "done_holds": "It holds {what}. Only {counselor} can open it.",
    "done_next": "Give them the file in your own way, or keep it for your next session. This page does not pass it on.",
    "done_again": "Save it once more",
    "done_more": "Choose something else",
    "holds_answers": "{count} answers",
    "holds_answers_one": "1 answer",
    "holds_taken": "{count} taken back",
    "holds_gates": "{count} lines about safety rules",
    "holds_gates_one": "1 line about safety rules",
    "page_title": "Keep a page for yourself",
    "page_how": "Save everything as one HTML page, to read or print. Anyone who finds the file can read it, so think "
    "about where you keep it.",
    "page_words": "With what I wrote in my own words",
    "page_private": "With what is marked private",
    "page_button": "Save as one page",
    "page_saving": "Putting the page together…",
    "page_done": "Saved: {file} ({size})",
}

GIVEN_TEXTS: dict[str, str] = {
    "label": "Your counselor",
    "got": "Got a file from a counselor?",
    "how": "Its name ends in .assignment or .feedback. You see what is in it before anything changes.",
    "pick": "Choose the file",
    "drop": "or drop it here",
    "reading": "Looking at it…",
    "too_large": "This file is too large to come from a counselor. Check that it is the right one. Nothing changed.",
    "look": "This file",
    "ask": "Take it in?",
    "asked_them": "I asked them, in person or by telephone, and it is so.",
    "words": "Six words to compare with {counselor}, aloud: {words}",
    "yes": "Yes, take it in",
    "no": "No, leave it",
    "left": "Nothing was changed.",
    "taken": "It is in your journal now. Reload the page to see what is new in it.",
    "asked_title": "What {counselor} asks of you",
    "asked_how": "In your own time. You can leave out any of it.",
    "due": "by {date}",
    "done": "done",
    "locked_task": "closed for now by a safety rule",
    "reply": "From {counselor}, {date}",
    "comments": "Comments beside your answers",
}

_Keep = Callable[["Path"], object]  # writes the file it is given a path for


class Sharing(panel.Panel):
    """Choose answers, see what a counselor will see, seal it; and keep a page for oneself."""

    _esm = assets.module("share.js")

    def __init__(self, journal: Journal, *, folder: Path | None = None) -> None:
        """`folder`: where files are proposed to go; else Downloads, else the journal's folder."""
        handlers = {"ready": self._ready, "preview": self._preview, "seal": self._seal, "page": self._page}
        super().__init__("sharing", _static(journal, SHARE_TEXTS), handlers)
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
            "file": str(_free(self._folder / f"{day}.submission")),
            "page": str(_free(self._folder / f"mend-{day}.html")),
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

    def _seal(self, message: Message, buffers: Buffers) -> Reply:
        seen = self._seen
        if seen is None:
            raise Refused("Look at what they will see first. Nothing was sealed.")
        fresh = self._made()
        then = {"made_at": seen.made_at, "taken_back": seen.taken_back}
        if fresh.model_copy(update=then) != seen or fresh.taken_back.keys() != seen.taken_back.keys():
            self._seen = None
            raise Refused(
                "Something changed since you looked. Look once more, so that you see what goes. Nothing was sealed."
            )

        def write(path: Path) -> None:
            share.write_submission(self._journal, fresh, path)

        taken_back = len(share.preview(self._journal, fresh).taken_back)
        file, data = self._kept(message, "submission", write)
        self._seen = None
        held = {"answers": len(fresh.answers), "taken_back": taken_back, "gates": len(fresh.gates)}
        return {"type": "sealed", **file, **held}, data

    def _page(self, message: Message, buffers: Buffers) -> Reply:
        def write(path: Path) -> None:
            self._journal.report(path, words=message["words"] is True, private=message["private"] is True)

        file, data = self._kept(message, "html", write)
        return {"type": "page", **file}, data

    def _kept(self, message: Message, ending: str, write: _Keep) -> tuple[dict[str, object], list[bytes]]:
        """Write a file where the person chose: a path on this computer, or (no path) the browser's downloads."""
        if message.get("path") is None:
            name = f"{self._journal.now():%Y-%m-%d}.{ending}"
            with tempfile.TemporaryDirectory() as folder:
                write(Path(folder) / name)
                data = (Path(folder) / name).read_bytes()
            return {"file": name, "size": len(data)}, [data]
        typed = str(message["path"]).strip()
        if not typed:
            raise Refused("Type where the file shall be. Nothing was written.")
        path = share.new_file(self._folder / Path(typed).expanduser(), f"{self._journal.now():%Y-%m-%d}.{ending}")
        write(path)
        return {"file": str(path), "size": path.stat().st_size}, []


class Given(panel.Panel):
    """Take in a file from a counselor, and show what they ask and what they wrote.

    `refresh()` is called after a file has changed what the workbook asks, to bring the notebooks up to date.
    """

    _esm = assets.module("given.js")

    def __init__(self, journal: Journal, *, refresh: Callable[[], object]) -> None:
        handlers = {"ready": self._ready, "look": self._look, "accept": self._accept}
        super().__init__("given", _static(journal, GIVEN_TEXTS), handlers)
        self._journal = journal
        self._refresh = refresh
        self._looked: dict[str, share.Given] = {}  # by the seq of the message that brought the file

    def _ready(self, message: Message, buffers: Buffers) -> Reply:
        asked = self._journal.assigned
        replies = [record.payload for record in self._journal.store.records("feedback") if record.payload["reply"]]
        newest = max(replies, key=lambda reply: reply["at"], default=None)
        return {
            "type": "state",
            "counselor": asked and asked.counselor,
            "words": " ".join(share.words(self._journal)),
            "tasks": _tasks(self._journal, asked.asks.tasks) if asked else [],
            "reply": newest and {key: newest[key] for key in ("from", "at", "reply")},
            "comments": _commented(self._journal),
        }

    def _look(self, message: Message, buffers: Buffers) -> Reply:
        given = share.given(self._journal, buffers[0])
        self._looked = {str(message["seq"]): given}
        shown = {"lines": list(given.lines), "words": list(given.words), "ask": given.ask}
        return {"type": "look", "kind": given.kind, **shown, "look": message["seq"]}

    def _accept(self, message: Message, buffers: Buffers) -> Reply:
        given = self._looked.pop(str(message["look"]), None)
        if given is None:
            raise Refused("Choose the file once more. Nothing was changed.")
        given.accept(sure=message.get("sure") is True)
        self._refresh()
        return {"type": "accepted"}


def _static(journal: Journal, texts: Mapping[str, str]) -> dict[str, object]:
    return {"language": journal.workbook.language, "texts": {**words.section("page.panel"), **texts}}


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
        found.append(
            {
                "title": here.title,
                "href": _href(journal.workbook, here.exercise),
                "instruction": task.instruction or "",
                "due": task.due and task.due.isoformat(),
                "done": here.done,
                "locked": here.locked,
            }
        )
    return found


def _commented(journal: Journal) -> list[dict[str, object]]:
    """The exercises with comments, each once, the newest comment first."""
    places: dict[str, str] = {}
    for record in journal.store.records("comment"):
        exercise = record.payload["item"].rpartition(".")[0]
        places[exercise] = max(places.get(exercise, ""), record.payload["at"])
    asked = {exercise.id for exercise in journal.workbook.exercises}
    return [
        {"title": share.exercise_title(journal.workbook, exercise), "href": _href(journal.workbook, exercise), "at": at}
        for exercise, at in sorted(places.items(), key=lambda each: each[1], reverse=True)
        if exercise in asked
    ]


def _href(workbook: Workbook, exercise: str) -> str:
    chapter = next(chapter for chapter in workbook.chapters if any(one.id == exercise for one in chapter.exercises))
    return f"{chapter.notebook}.ipynb#{exercise}"

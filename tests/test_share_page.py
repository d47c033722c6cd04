"""The client's panels: what they say and do without a kernel, in a bare page, and by command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from tests import engines
from tests.panel_page import SITE, ask, open_panel
from tests.safe_answers import answer_safely
from workbook import definition, files
from workbook.cli import client as cli
from workbook.definition.asks import Asks, Task
from workbook.journal import Journal
from workbook.jupyter import notebooks
from workbook.page.panels import share_panel
from workbook.sharing import client as share
from workbook.sharing import envelope, signing
from workbook.sharing.bundles import Assignment, Comment, Feedback, Submission, content_id
from workbook.storage import seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext

NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
COUNSELOR, STRANGER = seal.new_identity(), seal.new_identity()
TOKEN = "5" * 32
PART = "responsibility.incident.my_part"
CAMERA = "responsibility.incident.camera"
GRIEF = "moving-on.grief.miss"  # its exercise is private
WORDS = {PART: "I left without a word.", CAMERA: "They asked. I went out.", GRIEF: "The kitchen on Sundays."}
FORBIDDEN = re.compile(r"\b(send|sends|sending|copy|copies|schedule\w*)\b", re.IGNORECASE)


@cache
def assignment(sequence: int = 1, **changes: Any) -> bytes:
    """An assignment's file, as a counselor's caseload makes it."""
    task = Task(exercise="responsibility.incident", instruction="One moment is enough.", due=date(2027, 1, 15))
    fields: dict[str, Any] = {
        "token": TOKEN, "sequence": sequence, "made_at": NOW, "counselor": "Dr. Example",
        "counselor_key": seal.recipient(COUNSELOR), "client": "A.", "asks": Asks(tasks=(task,)),
    }  # fmt: skip
    return envelope.pack(Assignment(**{**fields, **changes}), COUNSELOR)


def feedback(journal: Journal, by: str = COUNSELOR, **changes: Any) -> bytes:
    """A reply sealed for the journal's own key, with a comment beside its first answer."""
    answer = next(one for one in journal.current() if one.item == PART)
    fields: dict[str, Any] = {
        "token": TOKEN, "sequence": 1, "made_at": NOW, "counselor": "Dr. Example", "reply": "See you on Thursday.",
        "counselor_key": seal.recipient(by),
        "comments": (Comment(answer=content_id(answer), text="Thank you for this."),),
    }  # fmt: skip
    return envelope.pack_sealed(Feedback(**{**fields, **changes}), by, seal.recipient(journal.key))


def opened(file: Path | bytes) -> Submission:
    """What the counselor finds in a sealed file."""
    data = file if isinstance(file, bytes) else file.read_bytes()
    return envelope.open_submission(data, [COUNSELOR]).bundle


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal's folder with every gate open and three answers, one of them private."""
    folder = tmp_path_factory.mktemp("written") / "journal"
    with Journal.create(folder, now=lambda: NOW) as journal:
        answer_safely(lambda item, value: journal.save(item, value))
        for item, words in WORDS.items():
            journal.save(item, words)
    return folder


@pytest.fixture
def bare(written: Path, tmp_path: Path) -> Iterator[Journal]:
    """That journal, which has no counselor yet."""
    with Journal.open(shutil.copytree(written, tmp_path / "journal"), now=lambda: NOW) as journal:
        yield journal


@pytest.fixture
def journal(bare: Journal) -> Journal:
    """The same, with an assignment."""
    share.given(bare, assignment()).accept()
    return bare


@pytest.fixture
def sharing(journal: Journal, tmp_path: Path) -> share_panel.Sharing:
    return share_panel.Sharing(journal, folder=tmp_path)


@pytest.fixture
def given(bare: Journal) -> share_panel.Given:
    return share_panel.Given(bare, refresh=lambda: notebooks.refresh(bare.workbook, bare.path))


def key(journal: Journal, item: str) -> str:
    return next(choice.key for choice in share.choices(journal) if choice.item == item)


def preview(panel: share_panel.Sharing, *keys: str, gates: bool = False, everything: bool = False) -> dict[str, Any]:
    return ask(panel, {"type": "preview", "keys": keys, "gates": gates, "everything": everything, "seq": "1"})[0]


def sealed(panel: share_panel.Sharing, path: Path, *keys: str, **options: bool) -> Path:
    preview(panel, *keys, **options)
    return path.parent / ask(panel, {"type": "seal", "path": str(path), "seq": "2"})[0]["file"]


def leaves(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        leaf
        for chapter in state["chapters"]
        for exercise in chapter["exercises"]
        for occasion in exercise["occasions"]
        for leaf in occasion["answers"]
    ]


# --- without a page: sharing ---


def test_the_list_has_every_answer_and_no_private_word(sharing: share_panel.Sharing) -> None:
    """What can be chosen shows its first words; what is private shows only that it is there; nothing is ticked."""
    state, _ = ask(sharing, {"type": "ready", "seq": "1"})
    assert (state["counselor"], state["seq"]) == ("Dr. Example", "1")
    assert [leaf for leaf in leaves(state) if leaf.get("shared")] == []
    assert {leaf["words"] for leaf in leaves(state) if leaf.get("key", "").startswith("responsibility.incident")} == {
        WORDS[PART],
        WORDS[CAMERA],
    }
    assert {leaf["prompt"]: leaf for leaf in leaves(state) if leaf.get("private")}[
        definition.load().item(GRIEF).prompt
    ] == {"prompt": definition.load().item(GRIEF).prompt, "private": True}
    assert WORDS[GRIEF] not in str(state)  # whole: one word of it may be among the six that are compared aloud
    days = {one["id"]: one["occasions"][0]["day"] for chapter in state["chapters"] for one in chapter["exercises"]}
    assert days["start.wellbeing"] == {"date": "2027-01-04", "number": 1, "week": True}
    asked = [one["id"] for chapter in state["chapters"] for one in chapter["exercises"] if one["asked"]]
    assert asked == ["responsibility.incident"]


def test_no_answer_is_in_a_trait_or_a_repr(sharing: share_panel.Sharing) -> None:
    """Traits are written into notebooks: whatever was asked, they hold our own sentences and no answer."""
    preview(sharing, key(sharing._journal, PART))
    assert repr(sharing) == "Sharing()"
    assert set(sharing.panel) == {"language", "texts"}
    assert "left without" not in str(sharing.get_state())


def test_the_preview_is_what_the_counselor_finds(
    sharing: share_panel.Sharing, journal: Journal, tmp_path: Path
) -> None:
    """The words on the page before sealing are the words in the opened file, and there are no others."""
    part = key(journal, PART)
    seen = preview(sharing, part)
    shown = [answer for group in seen["new"] for answer in group["answers"]]
    found = opened(sealed(sharing, tmp_path / "a.submission", part))
    assert [(one["prompt"], one["label"], one["at"]) for one in shown] == [
        (one.prompt, one.label, one.answered_at.isoformat()) for one in found.answers
    ]
    assert (list(found.holds), found.gates) == ([part], ())
    assert (seen["changed"], seen["again"], seen["taken_back"], seen["gates"]) == ([], [], [], [])
    assert (seen["there"], seen["handed"]) == (0, 0)


def test_the_second_time_names_what_is_new_changed_and_taken_back(
    sharing: share_panel.Sharing, journal: Journal, tmp_path: Path
) -> None:
    """What they have is ticked; a new version of it is called changed; what is unticked is taken back."""
    part, camera = key(journal, PART), key(journal, CAMERA)
    sealed(sharing, tmp_path / "a.submission", part, camera)
    journal.save(PART, "I left. I did not say why.", part.partition("@")[2])
    state, _ = ask(sharing, {"type": "ready", "seq": "3"})
    assert {leaf["key"]: leaf["changed"] for leaf in leaves(state) if leaf.get("shared")} == {part: True, camera: False}
    seen = preview(sharing, part)
    assert [one["label"] for group in seen["changed"] for one in group["answers"]] == ["I left. I did not say why."]
    assert [gone["prompt"] for gone in seen["taken_back"]] == [journal.workbook.item(CAMERA).prompt]
    second, _ = ask(sharing, {"type": "seal", "path": str(tmp_path / "b.submission"), "seq": "4"})
    assert (second["answers"], second["taken_back"]) == (1, 1)
    assert list(opened(tmp_path / "b.submission").holds) == [part]


def test_a_safety_rule_is_told_only_when_ticked(sharing: share_panel.Sharing, journal: Journal, tmp_path: Path) -> None:
    """That a rule closed is told by its name and time; not ticked, nothing of it is in the file."""
    journal.save("start.safety.binds_me", "yes")
    part = key(journal, PART)
    assert preview(sharing, part, gates=True)["gates"][-1] == {
        "title": "A limit on contact comes first",
        "change": "closed",
        "at": NOW.isoformat(),
    }
    assert opened(sealed(sharing, tmp_path / "a.submission", part)).gates == ()
    told = opened(sealed(sharing, tmp_path / "b.submission", part, gates=True))
    assert (told.answers, told.gates[-1].gate) == ((), "G5")


def test_what_changed_after_the_preview_is_not_sealed(
    sharing: share_panel.Sharing, journal: Journal, tmp_path: Path
) -> None:
    """An answer edited on another page after it was looked at has to be looked at again."""
    part = key(journal, PART)
    preview(sharing, part)
    journal.save(PART, "Something else.", part.partition("@")[2])
    said, _ = ask(sharing, {"type": "seal", "path": str(tmp_path / "a.submission"), "seq": "2"})
    assert said == {
        "type": "refused",
        "seq": "2",
        "reason": "Something changed since you looked. Look once more, so that you see what goes. Nothing was sealed.",
    }
    assert list(tmp_path.glob("*.submission")) == []


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("", "Type where the file shall be."),
        ("taken.submission", "There is a file"),
        ("missing/a.submission", "missing. Make it first, or choose another place. Nothing was written."),
    ],
)
def test_a_bad_place_is_a_sentence_and_nothing_is_remembered(
    sharing: share_panel.Sharing, journal: Journal, tmp_path: Path, path: str, sentence: str
) -> None:
    """A file that cannot be made, or would replace one, leaves everything as it was."""
    (tmp_path / "taken.submission").write_bytes(b"not handed over yet")
    preview(sharing, key(journal, PART))
    said, _ = ask(sharing, {"type": "seal", "path": path, "seq": "2"})
    assert said["type"] == "refused"
    assert sentence in said["reason"]
    assert (tmp_path / "taken.submission").read_bytes() == b"not handed over yet"
    assert [choice for choice in share.choices(journal) if choice.shared] == []


def test_a_browser_download_is_the_same_sealed_file(sharing: share_panel.Sharing, journal: Journal) -> None:
    """Without a path the bytes go to the page, whose browser keeps them; no file stays behind."""
    preview(sharing, key(journal, PART))
    said, (data,) = ask(sharing, {"type": "seal", "path": None, "seq": "2"})
    name = files.named("2027-01-04", data, "submission")  # another one for what is sealed later that day
    assert (said["file"], said["size"], said["answers"]) == (name, len(data), 1)
    assert [answer.item for answer in opened(data).answers] == [PART]


def test_without_a_counselor_one_can_still_keep_a_page(bare: Journal, tmp_path: Path) -> None:
    """No assignment: nothing to choose, one sentence when asked to seal, and the page for oneself works."""
    panel = share_panel.Sharing(bare, folder=tmp_path)
    state, _ = ask(panel, {"type": "ready", "seq": "1"})
    assert (state["counselor"], state["chapters"]) == (None, [])
    assert preview(panel, key(bare, PART))["type"] == "refused"
    saved, _ = ask(panel, {"type": "page", "path": "mine.html", "words": True, "private": False, "seq": "2"})
    page = (tmp_path / "mine.html").read_text("utf-8")
    assert saved["file"] == str(tmp_path / "mine.html")
    assert (WORDS[PART] in page, WORDS[GRIEF] in page) == (True, False)


def test_an_unknown_message_is_a_sentence(sharing: share_panel.Sharing, caplog: pytest.LogCaptureFixture) -> None:
    """A bug of the page is never silent and never quotes an answer."""
    for message in ({"type": "nonsense"}, {}, "words", {"type": "preview", "keys": 3}):
        said, _ = ask(sharing, message)
        assert said["type"] == "refused"
        assert "Reload this page" in said["reason"]
    assert set(caplog.messages) <= {"sharing: KeyError", "sharing: TypeError"}


def test_a_locked_journal_says_so(sharing: share_panel.Sharing, journal: Journal) -> None:
    """When the journal has locked itself, the panel says that, and not that something broke."""
    journal.close()
    assert ask(sharing, {"type": "ready", "seq": "1"})[0] == {"type": "locked", "seq": "1"}


# --- without a page: a file from a counselor ---


def test_a_file_is_looked_at_before_it_changes_anything(given: share_panel.Given, bare: Journal) -> None:
    """The lines say who and what; only a yes to this very file takes it in, and the notebooks follow."""
    said, _ = ask(given, {"type": "look", "seq": "7"}, assignment())
    assert said["lines"] == [
        "From Dr. Example, for “A.”.",
        "Asks for: One moment I regret, by 15 January 2027.",
        "None of your answers change. Nothing is shared unless you choose it.",
    ]
    words = " ".join(signing.six_words(signing.party(COUNSELOR), signing.party(bare.key)))
    assert (said["words"], said["ask"]) == ([f"Six words to compare with them, aloud: {words}."], "")
    assert bare.store.records("assignment") == []
    assert ask(given, {"type": "accept", "look": "6", "seq": "8"})[0]["type"] == "refused"
    assert ask(given, {"type": "accept", "look": "7", "seq": "9"})[0] == {"type": "accepted", "seq": "9"}
    assert (bare.path / "10-responsibility.ipynb").exists()
    state, _ = ask(given, {"type": "ready", "seq": "10"})
    assert (state["counselor"], state["tasks"]) == (
        "Dr. Example",
        [
            {
                "title": "One moment I regret",
                "href": "10-responsibility.ipynb#responsibility.incident",
                "instruction": "One moment is enough.",
                "due": "2027-01-15",
                "done": False,
                "closed": False,
                "waits": False,
            }
        ],
    )


def test_what_waits_for_the_first_questions_is_not_called_closed_by_a_rule(tmp_path: Path) -> None:
    """Before anything was answered it opens after them; after “they said no” a safety rule closes it."""
    with Journal.create(tmp_path / "journal", now=lambda: NOW) as journal:
        share.given(journal, assignment()).accept()
        panel = share_panel.Given(journal, refresh=lambda: None)
        ready = {"type": "ready", "seq": "1"}
        assert [(one["closed"], one["waits"]) for one in ask(panel, ready)[0]["tasks"]] == [(True, True)]
        answer_safely(lambda item, value: journal.save(item, value))
        journal.save("start.now.harm_others", "yes")
        assert [(one["closed"], one["waits"]) for one in ask(panel, ready)[0]["tasks"]] == [(True, False)]


def test_feedback_is_shown_with_the_way_to_its_comments(given: share_panel.Given, journal: Journal) -> None:
    """The reply stands on the first page; a comment is one click away; the second time nothing changes."""
    data = feedback(journal)
    said, _ = ask(given, {"type": "look", "seq": "1"}, data)
    assert said["lines"] == [
        "From Dr. Example.",
        "It holds a reply to you.",
        "It puts 1 comment beside your answers.",
        "None of your answers change.",
    ]
    assert journal.store.records("comment") == []
    ask(given, {"type": "accept", "look": "1", "seq": "2"})
    state, _ = ask(given, {"type": "ready", "seq": "3"})
    assert (state["reply"]["reply"], state["comments"][0]["href"]) == (
        "See you on Thursday.",
        "10-responsibility.ipynb#responsibility.incident",
    )
    again, _ = ask(given, {"type": "look", "seq": "4"}, data)
    assert again["lines"][-1] == "You opened this file before. Nothing changes."


def test_another_counselor_starts_from_the_beginning(journal: Journal) -> None:
    """The first reply of a second counselor is not taken for an old one of the first."""
    share.given(journal, feedback(journal, sequence=5)).accept()
    share.given(journal, assignment(token="6" * 32, counselor="Dr. Other")).accept(sure=True)
    share.given(journal, feedback(journal, token="6" * 32, counselor="Dr. Other", reply="Welcome.")).accept()
    assert {record.payload["reply"] for record in journal.store.records("feedback")} == {
        "See you on Thursday.",
        "Welcome.",
    }


def test_another_key_needs_more_than_the_usual_yes(given: share_panel.Given, journal: Journal) -> None:
    """The page is told why, and both sets of words; a yes that does not say so changes nothing."""
    said, _ = ask(given, {"type": "look", "seq": "1"}, feedback(journal, by=STRANGER))
    assert said["ask"].startswith("This file is signed with another key than the files from Dr. Example so far.")
    assert [line.partition(":")[0] for line in said["words"]] == [
        "The six words until now",
        "The six words with this file",
    ]
    refused, _ = ask(given, {"type": "accept", "look": "1", "seq": "2"})
    assert refused["type"] == "refused"
    assert journal.store.records("feedback") == []


@pytest.mark.parametrize(
    "data",
    [b"", b"words", assignment()[:-9], b"age-encryption.org/v1\n-> X25519"],
    ids=["empty", "words", "cut short", "only a beginning"],
)
def test_a_bad_file_is_one_sentence(given: share_panel.Given, data: bytes) -> None:
    """Whatever is dropped there, the answer is a sentence and nothing has changed."""
    said, _ = ask(given, {"type": "look", "seq": "1"}, data)
    assert (said["type"], given._journal.store.records("assignment")) == ("refused", [])
    assert said["reason"].endswith(".")


# --- by command ---


def run(*arguments: str, exit_code: int = 0) -> str:
    result = CliRunner().invoke(cli.main, arguments)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_the_command_seals_what_is_named(journal: Journal, tmp_path: Path) -> None:
    """An exercise is included, then an item taken back; titles and counts are printed, never a word."""
    home, first, second = str(journal.path), tmp_path / "a.submission", tmp_path / "b.submission"
    said = run("share", "--journal", home, "--include", "responsibility.incident", "-o", str(first))
    assert said.splitlines()[0] == "One moment I regret: 2 new."
    assert not any(word in said for word in WORDS.values())
    assert {answer.item for answer in opened(first).answers} == {PART, CAMERA}
    said = run("share", "--journal", home, "--withdraw", CAMERA, "-o", str(second))
    assert said.splitlines()[:2] == ["One moment I regret: 1 taken back.", "In a file you made before, unchanged: 1."]
    assert list(opened(second).holds) == [key(journal, PART)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "Nothing new is chosen"),
        (("--include", "responsibility.incidents"), "responsibility.incident"),
        (("--include", "moving-on.grief"), "Everything in “moving-on.grief” is private and stays here."),
        (("--include", f"{PART}@2020-01-01"), f"There is no answer in “{PART}@2020-01-01” yet."),
        (("--withdraw", PART), f"Nothing in “{PART}” is shared"),
    ],
)
def test_the_command_explains_what_it_cannot_seal(
    journal: Journal, tmp_path: Path, options: tuple[str, ...], sentence: str
) -> None:
    """One sentence, exit 1, no file."""
    said = run("share", "--journal", str(journal.path), *options, "-o", str(tmp_path / "a.submission"), exit_code=1)
    assert sentence in said
    assert list(tmp_path.glob("*.submission")) == []


def test_open_makes_the_journal_for_an_assignment(tmp_path: Path) -> None:
    """Without a terminal nobody is asked: whoever named the file has said yes."""
    (tmp_path / "a.assignment").write_bytes(assignment())
    assert cli._take_in(tmp_path / "a.assignment", tmp_path / "new", {}, sure=False)
    with Journal.open(tmp_path / "new") as journal:
        assert [record.payload["counselor"] for record in journal.store.records("assignment")] == ["Dr. Example"]


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="There is no pseudo-terminal to ask in.")
def test_open_asks_in_a_terminal_and_takes_no_for_an_answer(tmp_path: Path) -> None:
    """Every line of what would change is printed; after a no there is no journal."""
    (tmp_path / "a.assignment").write_bytes(assignment())
    ours, theirs = os.openpty()
    with os.fdopen(ours, "wb") as keyboard, os.fdopen(theirs, "rb") as terminal:
        keyboard.write(b"n\n")
        keyboard.flush()
        said = subprocess.run(
            [sys.executable, "-m", "workbook", "open", "a.assignment", "--journal", "new", "--no-browser"],
            stdin=terminal,
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            timeout=60,
        ).stdout
    assert said.splitlines() == [
        "From Dr. Example, for “A.”.",
        "Asks for: One moment I regret, by 15 January 2027.",
        "None of your answers change. Nothing is shared unless you choose it.",
        f"A new journal is made for it: {tmp_path / 'new'}",
        "Go on? [Y/n]: Nothing was changed.",
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["a.assignment"]


def test_open_refuses_a_bad_file_and_makes_nothing(tmp_path: Path) -> None:
    """A cut-off file is one sentence, and no journal appears."""
    (tmp_path / "a.assignment").write_bytes(assignment()[:-9])
    said = run("open", str(tmp_path / "a.assignment"), "--journal", str(tmp_path / "new"), exit_code=1)
    assert said == (
        "Error: This assignment was changed after it was made, or it is damaged. "
        "Ask for it again. Nothing was changed.\n"
    )
    assert not (tmp_path / "new").exists()


# --- in a bare page ---


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield context
    context.close()


def test_choose_see_and_seal_with_the_mouse(
    context: BrowserContext, sharing: share_panel.Sharing, tmp_path: Path
) -> None:
    """Tick one answer, see exactly that, seal it; afterwards it stands ticked, and unticking takes it back."""
    page = open_panel(context, sharing)
    expect(page.get_by_text("Nothing chosen yet")).to_be_visible()
    expect(page.locator("input[type=checkbox]:checked")).to_have_count(1)  # the page for oneself, with its words
    page.get_by_text("Choose one by one").first.wait_for()
    page.get_by_label("Choose one by one: One moment I regret").click()
    page.get_by_role("checkbox", name=re.compile("I left without a word")).check()
    assert page.get_by_role("checkbox", name="All of “One moment I regret”").evaluate("e => e.indeterminate")
    page.get_by_role("button", name="See what they will see").click()
    sight = page.locator(".mend-sight")
    expect(sight.locator("dd").first).to_have_text(WORDS[PART])
    expect(page.get_by_role("heading", name="2. What they will see")).to_be_focused()
    expect(sight).not_to_contain_text("They asked")
    page.get_by_role("button", name="Seal into a file").click()
    expect(page.get_by_role("heading", name="Sealed")).to_be_focused()
    expect(page.get_by_text("It holds 1 answer.")).to_be_visible()
    assert [one.item for one in opened(tmp_path / "2027-01-04.submission").answers] == [PART]
    page.get_by_role("button", name="Choose something else").click()
    expect(page.get_by_role("heading", level=2)).to_be_focused()  # the list is drawn anew, and what was open is open
    part = page.get_by_role("checkbox", name=re.compile("I left without a word.*handed over"))
    expect(part).to_be_checked()
    part.uncheck()
    page.get_by_role("button", name="See what they will see").click()
    expect(sight).to_contain_text("Taken back")


def test_everything_with_the_keyboard_alone(
    context: BrowserContext, sharing: share_panel.Sharing, tmp_path: Path
) -> None:
    """Tab, Space and Enter are enough to choose a whole exercise, look at it and seal it; no key leaks out."""
    page = open_panel(context, sharing)
    tab_to(page, page.get_by_role("checkbox", name="All of “One moment I regret”"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="See what they will see"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="2. What they will see")).to_be_focused()
    tab_to(page, page.get_by_role("textbox", name="In this place on my computer").first)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("mine")
    tab_to(page, page.get_by_role("button", name="Seal into a file"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("It holds 2 answers.")).to_be_visible()
    assert {one.item for one in opened(tmp_path / "mine.submission").answers} == {PART, CAMERA}
    assert page.evaluate("window.outside") == ["Tab"]  # the one that came in


def tab_to(page: Page, target: Any) -> None:
    target.wait_for()
    for _ in range(80):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {target}")


def test_the_browser_keeps_the_sealed_bytes(context: BrowserContext, sharing: share_panel.Sharing) -> None:
    """Choosing the browser's downloads gives the file to the browser, whole."""
    page = open_panel(context, sharing)
    page.get_by_role("checkbox", name="All of “One moment I regret”").check()
    page.get_by_role("button", name="See what they will see").click()
    page.get_by_role("radio", name="Where my browser keeps its downloads").first.check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Seal into a file").click()
    assert re.fullmatch(r"2027-01-04-[0-9a-f]{6}\.submission", download.value.suggested_filename)
    assert len(opened(download.value.path()).answers) == 2


def test_private_answers_cannot_be_ticked(context: BrowserContext, sharing: share_panel.Sharing) -> None:
    """A private exercise stands in the list with the words that it stays here, and without a box."""
    page = open_panel(context, sharing)
    grief = page.get_by_role("listitem").filter(has_text=definition.load().exercise("moving-on.grief").title).last
    expect(grief).to_contain_text("private: stays here")
    assert grief.get_by_role("checkbox").count() == 0


def test_a_file_can_be_chosen_and_dropped(context: BrowserContext, given: share_panel.Given, bare: Journal) -> None:
    """A dropped assignment is refused with No and taken in with Yes; a file that is none is a sentence."""
    page = open_panel(context, given)
    page.get_by_text("Got a file from a counselor?").click()
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"})
    expect(page.get_by_role("alert")).to_contain_text("This is a picture.")
    chooser.set_input_files({"name": "a.assignment", "mimeType": "", "buffer": assignment()})
    expect(page.get_by_text("From Dr. Example, for “A.”.")).to_be_visible()
    page.get_by_role("button", name="No, leave it").click()
    expect(page.get_by_text("Nothing was changed.")).to_be_focused()
    assert bare.store.records("assignment") == []
    page.evaluate(
        """bytes => {
          const files = new DataTransfer();
          files.items.add(new File([Uint8Array.from(bytes)], "a.assignment"));
          const drop = new DragEvent("drop", { bubbles: true, dataTransfer: files });
          document.querySelector(".mend-drop").dispatchEvent(drop);
        }""",
        list(assignment()),
    )
    page.get_by_role("button", name="Yes, take it in").click()
    expect(page.get_by_role("button", name="Reload this page")).to_be_focused()
    expect(page.get_by_role("heading", name="What Dr. Example asks of you")).to_be_visible()
    assert page.get_by_role("link", name="One moment I regret").get_attribute("href") == (
        "10-responsibility.ipynb#responsibility.incident"
    )


def test_coming_back_to_the_window_leaves_a_person_where_they_are(
    context: BrowserContext, given: share_panel.Given, journal: Journal
) -> None:
    """What is asked is read again when someone returns: the link they stand on stays, and what is new is drawn."""
    page = open_panel(context, given)
    link = page.get_by_role("link", name="One moment I regret")
    link.focus()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    # The kernel answers in order: when it has answered this, both of those have been drawn.
    page.evaluate("toKernel({ type: 'ready', seq: 'last' }, []).then(() => new Promise((done) => setTimeout(done)))")
    expect(link).to_be_focused()
    share.given(journal, feedback(journal)).accept()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.get_by_text("See you on Thursday.")).to_be_visible()


def test_another_key_waits_for_a_tick(context: BrowserContext, given: share_panel.Given, journal: Journal) -> None:
    """Yes is out of reach until one says that one asked; then both sides go on with the new words."""
    page = open_panel(context, given)
    page.get_by_text("Got a file from a counselor?").click()
    chooser = page.locator("input[type=file]")
    forged = feedback(journal, by=STRANGER)
    chooser.set_input_files({"name": "a.feedback", "mimeType": "", "buffer": forged})
    expect(page.get_by_role("alert")).to_contain_text("This file is signed with another key")
    expect(page.get_by_text("The six words until now")).to_be_visible()
    yes = page.get_by_role("button", name="Yes, take it in")
    expect(yes).to_be_disabled()
    page.get_by_role("checkbox", name="I asked them, in person or by telephone, and it is so.").check()
    yes.click()
    expect(page.get_by_role("button", name="Reload this page")).to_be_focused()
    words = " ".join(signing.six_words(signing.party(STRANGER), signing.party(journal.key)))
    expect(page.get_by_text(f"Six words to compare with Dr. Example, aloud: {words}")).to_be_visible()


def _stages(page: Page, panel: str) -> Iterator[str]:
    """Bring a panel into each of its states, one after the other."""
    if panel == "sharing":
        page.get_by_role("button", name="See what they will see").wait_for()
        for each in page.locator("details").all():
            each.locator("summary").click()
        page.get_by_role("checkbox", name="All of “One moment I regret”").check()
        page.get_by_role("button", name="See what they will see").click()
        page.locator(".mend-sight").wait_for()
        yield "seen"
        page.get_by_role("button", name="Seal into a file").click()
        page.get_by_role("heading", name="Sealed").wait_for()
        yield "sealed"
    else:
        page.get_by_text("Got a file from a counselor?").click()
        page.locator("input[type=file]").set_input_files({"name": "a", "mimeType": "", "buffer": assignment(2)})
        page.get_by_role("button", name="Yes, take it in").wait_for()
        yield "looked"


@pytest.mark.parametrize("panel", ["sharing", "given"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_can_be_passed_on(
    browser: Browser, request: pytest.FixtureRequest, journal: Journal, scheme: str, width: int, panel: str
) -> None:
    """No violation of any impact in any state, nothing wider than a phone, and no word or control that passes on."""

    share.given(journal, feedback(journal)).accept()
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # light, dark
    page = open_panel(context, request.getfixturevalue(panel))
    for stage in _stages(page, panel):
        assert (stage, engines.axe(page, ".mend-sheet")) == (stage, [])
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), stage
        text = page.locator(".mend-sheet").inner_text()
        assert FORBIDDEN.findall(text) == []
        assert not re.search(r"[{}]|undefined|null", text)  # every blank in our sentences is filled in
    context.close()


def test_nothing_is_fetched_from_elsewhere(context: BrowserContext, sharing: share_panel.Sharing) -> None:
    """A panel needs its own script and style sheet, and nothing more."""
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    open_panel(context, sharing)
    assert asked == [f"{SITE}page.html", f"{SITE}panel.css", f"{SITE}panel.js"]

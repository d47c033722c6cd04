"""What a closed page says: why, in sentences that are true of the answers behind it, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbook import dates, words

if TYPE_CHECKING:
    from workbook.safety.verdicts import Verdict


def waiting(one: Verdict, blank: tuple[str, ...]) -> tuple[str, str]:
    """Return the title and, as Markdown, the reason of a page that waits for answers to `blank`."""
    if one.gate.blank_reason:
        return one.gate.title, one.gate.blank_reason
    left = " " + words.say("safety.blank", count=len(blank)) if blank else ""
    return words.say("safety.first"), words.say("safety.waiting", left=left)


def reason(one: Verdict) -> str:
    """Return why a page is closed, as Markdown, true of the answers behind it."""
    if one.broken and not one.gate.id.startswith("broken"):
        return words.say("safety.broken")
    if one.gate.closed and not one.causes:
        return words.say("safety.kept_closed")
    until = "\n\n" + words.say("safety.opens", at=dates.soon(one.until)) if one.until else ""
    return one.gate.reason.replace("{said}", _said(one)) + until


def _said(one: Verdict) -> str:
    """Return sentences that are true of the answers behind a closed gate, in the order of its table."""
    plain: list[str] = []
    doubted: list[str] = []
    measured = [f"{text}." for key, text in one.gate.said.items() if key in one.measured]
    for key, clause in one.gate.said.items():
        item, _, option = key.rpartition(".")
        for entry in one.causes:
            id, given = entry.question, entry.given
            doubt = entry.status == "skipped" or given == "unsure"
            if id == key:
                (doubted if doubt else plain).append(words.say("safety.whether", clause=clause) if doubt else clause)
            elif id == item and (option in given if isinstance(given, (list, tuple)) else doubt and option == "unsure"):
                (doubted if option == "unsure" else plain).append(clause)
    sentences = [
        words.say("safety.said", clauses=words.say("safety.and_that").join(dict.fromkeys(plain))) if plain else "",
        words.say("safety.unsure", clauses=words.say("safety.or").join(dict.fromkeys(doubted))) if doubted else "",
        *measured,
    ]
    return " ".join(filter(None, sentences)) or words.say("safety.earlier")


def why(one: Verdict) -> str:
    """Return in one line how a gate stands."""
    if one.broken:
        return words.say("safety.why.broken")
    if one.state == "open":
        return words.say("safety.why.open")
    if one.state == "closed":
        until = dates.soon(one.until) if one.until else ""
        return words.say("safety.why.until", title=one.gate.title, at=until) if until else f"{one.gate.title}."
    return words.say("safety.why.blank") if one.blank else words.say("safety.why.few")

"""Take each check of what others made out of the code, one after the other, and see whether a test notices.

python -m tests.soak.checks
python -m tests.soak.checks --only sharing/client

Signatures, pinned keys, tokens, who a file is for, what came before, what is older, the second yes, and each bound. A
row of the table is one check: the code that makes it, and the same code without it. Prints each that no test noticed.
Exit 1 when there is any. Not on Windows, which cannot fork.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.soak.mutants import ROOT, Mutant, Room, Tests


class Check(NamedTuple):
    """One check: in which module, the code as it stands there, and what is left without it."""

    module: str
    was: str
    without: str


_SURE = 'if why and not sure:\n        raise Refused(say("sharing.client.sure", why=why))\n    '
_ROWS: dict[str, tuple[tuple[str, str], ...]] = {
    "files": (
        ("if not stat.S_ISREG(there.st_mode):", "if False:"),
        ("if there.st_size > most:", "if False:"),
        ("if len(data) > most:", "if False:"),
    ),
    "definition/asks": (
        ("if questions > MOST_QUESTIONS:", "if False:"),
        ("if sum(map(len, texts)) > LARGEST:", "if False:"),
        ("if id not in mine and id not in known:", "if False:"),
        ("if one.exercise.id in exercises or any(", "if any("),
        (
            "if one.exercise.id in exercises or any(scale.id in scales for scale in one.scales):",
            "if one.exercise.id in exercises:",
        ),
        ('_refuse_secrets(task.exercise, [task.instruction or ""])', "pass"),
        ("_refuse_secrets(one.title, _texts(one.model_dump()))", "pass"),
        ("if exercise.tags and set(exercise.tags) <= set(HARMLESS) else", "if exercise.tags else"),
    ),
    "storage/seal": (
        ("if work(sealed) > MOST_WORK:", "if False:"),
        ("if work(sealed) >= LEAST_WORK:", "if True:"),
        ("if len(sealed) > LARGEST:", "if False:"),
    ),
    "sharing/signing": (("ValueError):\n        return False", "ValueError):\n        return True"),),
    "sharing/envelope": (
        ("if not _holds(label, signed):", "if False:"),
        ("elif not _holds(label + newline, body):", "elif False:"),
        ("if label is None or label[1].decode() != what:", "if label is None:"),
        ("if int(label[2]) != VERSION:", "if False:"),
        ("if depth(words.decode()) > DEEPEST:", "if False:"),
        ("if len(plain) > LARGEST:", "if False:"),
        ("if not stream.eof or stream.unused_data:", "if stream.unused_data:"),
        ("if not stream.eof or stream.unused_data:", "if not stream.eof:"),
        ("if len(words) > LARGEST:", "if False:"),
        ("if not _SEALED.match(body):", "if False:"),
        ("    judge(opened.bundle.asks, installed)\n", ""),
    ),
    "sharing/bundles": (
        ("if not _YEARS[0] <= date.fromisoformat(text).year <= _YEARS[1]:", "if date.fromisoformat(text).year < 1:"),
        ("if not _YEARS[0] < at.year < _YEARS[1]:", "if False:"),
        ("if not name:", "if False:"),
        ("if depth(text) > DEEPEST:", "if False:"),
        ("if not math.isfinite(number):", "if False:"),
        ("if len(text) > 17 or abs(int(text)) > LARGEST_NUMBER:", "if len(text) > 17:"),
        (
            "if len(text) > 17 or abs(int(text)) > LARGEST_NUMBER:",
            "if len(text) <= 17 and abs(int(text)) > LARGEST_NUMBER:",
        ),
        ('if self.id != _digest(fields | {"answered_at": _iso(self.answered_at)}):', "if False:"),
        ('if not self.item.startswith(f"{self.exercise}."):', "if False:"),
        ("        read_value(self.value)\n", ""),
        ("        _real_key(self.key)\n", ""),
        ("if self.holds.get(answer.key) != answer.id or answer.key in seen:", "if answer.key in seen:"),
        (
            "if self.holds.get(answer.key) != answer.id or answer.key in seen:",
            "if self.holds.get(answer.key) != answer.id:",
        ),
        ("if self.holds.keys() & self.taken_back.keys():", "if False:"),
        ('frozen=True, extra="forbid", allow_inf_nan=False', "frozen=True, allow_inf_nan=False"),
        ("if len(text) > most:", "if False:"),
    ),
    "sharing/arriving": (
        ("if secrets.compare_digest(one.token, sent.token)", ""),
        ("if client.revoked:", "if False:"),
        ("if opened.digest in kept.of(store, Submitted, client.id):", "if False:"),
        ("if held and not sure:", "if False:"),
        ("is not None and (client.signer, client.key) != now:", "is not None and client.signer != now.signs:"),
        ("is not None and (client.signer, client.key) != now:", "is not None and client.key != now.opens:"),
        ("if client.signer is None and client.key is not None:", "if False:"),
        ("if inbox.many(planned, caseload.store, client.id):", "if False:"),
    ),
    "sharing/inbox": (
        ("if key in held and held[key].at <= at]", "if key in held]"),
        ("if key not in back or back[key] < at}", "}"),
        ("elif key not in back or back[key] < sent.made_at:", "else:"),
        ("if key not in held or (held[key].at, held[key].id) <= (sent.made_at, id):", "if True:"),
        ("value = kinds.check(item, value)", "pass"),
        ("len(planned.gone) >= MANY and ", ""),
        ("found.files.extend(inside[:MOST_FILES])", "found.files.extend(inside)"),
        ("sorted(one for one in every if not one.is_symlink())", "sorted(every)"),
        ("files.read(file, seal.LARGEST)", "files.read(file, 2**40)"),
    ),
    "sharing/client": (
        (f"{_SURE}_take_assignment", "_take_assignment"),
        (f"{_SURE}with journal", "with journal"),
        ("if before.token != token:", "if False:"),
        ("if _party(before) == now else", "if (_party(before) or now).signs == now.signs else"),
        ("if _party(before) == now else", "if (_party(before) or now).opens == now.opens else"),
        ("or before.made_at <= assignment.made_at:", "or True:"),
        ("if assigned is None or assigned.token != opened.bundle.token:", "if assigned is None:"),
        ("        asking.judge(opened.bundle.assignment.asks, journal.installed)\n", ""),
        ("        _judge_rules(journal, opened.bundle.assignment.asks)\n", ""),
        ("if opened.bundle.assignment.token != assigned.token:", "if False:"),
        ("    _judge_rules(journal, assignment.bundle.asks)\n", ""),
        ("(comment.answer not in newest or newest[comment.answer] < at)", "True"),
        ("is not None and not _older(journal, feedback.assignment):", "is not None:"),
        ('update={"counselor_key": feedback.counselor_key}', "update={}"),
        ("if before is None or before.at < at:", "if True:"),
    ),
    "sharing/caseload": (
        ("if opened.signer != self._keys.party.signs or opened.bundle", "if opened.bundle"),
        ("signs or opened.bundle.token != client.token:", "signs:"),
        ("        judge(asks, installed)", "        pass"),
        ("        safety.tighten(installed.gates, asks.tighten)\n", ""),
        (
            '        if client.revoked:\n            raise Refused(say("sharing.caseload.ended"',
            '        if False:\n            raise Refused(say("sharing.caseload.ended"',
        ),
        ("sequence=1 if earlier is None else earlier.sequence + 1,", "sequence=1,"),
        ("return now if before is None else max(now, before + timedelta(microseconds=1))", "return now"),
    ),
    "sharing/letters": (
        ("if found and found.mailbox == mailbox.digest else None", "if found else None"),
        ('if before not in (None, sender) else ""', 'if False else ""'),
        ("one.kind in _KINDS and _place(mailbox, one) not in taken_in", "one.kind in _KINDS"),
        ("if one.kind in _KINDS and _place", "if _place"),
    ),
    "sharing/unsent": (
        ("if one.why:\n            continue", "if False:\n            continue"),
        ("one.mailbox == mailbox.digest and one.client in there", "one.client in there"),
        ("one.mailbox == mailbox.digest and one.client in there", "one.mailbox == mailbox.digest"),
        ("if not one.revoked}", "}"),
        (" and one.is_file() and not one.is_symlink()]", "]"),
    ),
    "sharing/post": (
        ('if at.scheme == "http" and at.hostname not in _OWN_MACHINE:', "if False:"),
        ('if at.scheme not in ("http", "https") or not at.hostname:', "if not at.hostname:"),
        ("if len(body) > _MOST:", "if False:"),
        ("if answer.length:", "if False:"),
        ("build_opener(_Stays, *proxies)", "build_opener(*proxies)"),
        ('[urllib.request.ProxyHandler({})] if at.scheme == "http" else []', "[]"),
        ("or not 0 <= value < 2**63:", ":"),
    ),
    "jupyter/mailbox": (
        ("if counsels and not person.counselor:", "if False:"),
        ("await self._hub.knows(to) if counsels else to", "to"),
        ("if self._size > LARGEST:", "if False:"),
        ('found.get("kind") != "user" or', ""),
        ('or not self._lets_in & {*found.get("scopes", ())}', ""),
    ),
    "storage/mail": (
        ("if not first and connection.execute(wrote).first() is None:", "if False:"),
        ("c.sender == recipient, c.recipient == sender", "c.sender == recipient"),
        ("c.sender == recipient, c.recipient == sender", "c.recipient == sender"),
        ("query.where(c.recipient == recipient, c.body.is_not(None))", "query.where(c.body.is_not(None))"),
        (
            "sa.select(c.body).where(c.number == number, c.recipient == recipient)",
            "sa.select(c.body).where(c.number == number)",
        ),
        (
            "sa.update(_mail).where(c.number == number, c.recipient == recipient)",
            "sa.update(_mail).where(c.number == number)",
        ),
        ("if there is not None:", "if False:"),
        (".scalar_one() >= WAITING:", ".scalar_one() < 0:"),
    ),
    "storage/store": (("return table.c.owner == self.owner", "return sa.true()"),),
    "storage/owners": (
        ("if not connection.execute(_KEPT, mine).scalar():\n            role", "if False:\n            role"),
        ('WHERE owner = :owner")\n\n\ndef _show', '")\n\n\ndef _show'),
    ),
    "storage/division": (
        ("mend.owner', true) AND role = current_user", "mend.owner', true)"),
        ("USING ({_OWN} OR ({_KEYED}))", "USING (true)"),
        ("WITH CHECK ({_OWN})", "WITH CHECK (true)"),
        (" AND owner = ANY (string_to_array(current_setting('mend.keys', true), ','))", ""),
    ),
}
CHECKS = tuple(Check(module, *row) for module, rows in _ROWS.items() for row in rows)
_TESTS = (
    *("test_bounds", "test_arriving", "test_taking_in", "test_bundles", "test_seal", "test_keys", "test_unsent"),
    *("test_post", "test_share", "test_letters", "test_asking", "test_odd_files", "test_caseload", "test_mailbox"),
)


def without(check: Check) -> str:
    """Return the module without a check. Raises ValueError when it does not stand there once."""
    source = (ROOT / "workbook" / f"{check.module}.py").read_text(encoding="utf-8")
    if source.count(check.was) != 1:
        raise ValueError(f"{check.module}: “{check.was}” stands there {source.count(check.was)} times.")
    return source.replace(check.was, check.without)


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", help="only this module, such as sharing/client; again: too")
    given = parser.parse_args()
    chosen = [one for one in CHECKS if not given.only or one.module in given.only]
    left = 0
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "node_modules", "__pycache__"))
        tests = Tests(copy, Room(tuple(_ROWS), _TESTS), 4, quick=True)
        if tests.whole.failed:
            print(f"The tests fail with nothing changed. {tests.whole.first}")
            return 1
        for at, check in enumerate(chosen, 1):
            if not tests.notice(Mutant(check.module, without(check), check.was), at):
                left += 1
                print(f"not noticed: {check.module}: “{check.was}” → “{check.without}”", flush=True)
    print(f"{len(chosen)} checks taken out, {len(chosen) - left} noticed")
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main())

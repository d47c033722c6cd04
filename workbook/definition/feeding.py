"""Whether every safety rule is fed: what `measures.yaml` names is there, fits, and leaves none of the questions out."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

from workbook.definition.base import did_you_mean
from workbook.definition.conditions import parse
from workbook.definition.measures import FED_BY, MEASURED
from workbook.errors import InvalidCondition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from workbook.definition.conditions import Condition
    from workbook.definition.measures import Measures, Renamed, Reworded, ShortCheck, Way

    Fault = tuple[Way, object, str, str]  # where, the value there, what is wrong, the cure


NUMBERS = "ruler scale number"  # kinds of questions that are compared


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class _Item(_Named, Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def retired(self) -> bool: ...


class Held(Protocol):
    """What a workbook holds, to look ids up in."""

    @property
    def items(self) -> Mapping[str, _Item | None]: ...  # None: broken, or not at hand
    @property
    def exercises(self) -> Collection[str]: ...
    @property
    def retired(self) -> Collection[str]: ...  # of the exercises
    @property
    def scales(self) -> Collection[str]: ...
    def item(self, id: str) -> _Item | None: ...  # KeyError: no such item
    def trusts(self, id: str) -> bool: ...  # it is in a chapter that is not at hand


class _Gate(Protocol):
    @property
    def when(self) -> dict[str, object]: ...
    @property
    def reopens(self) -> dict[str, object] | None: ...
    @property
    def said(self) -> Mapping[str, str]: ...


class _Scale(_Named, Protocol):
    @property
    def items(self) -> tuple[str, ...]: ...


class _Exercise(_Named, Protocol):
    @property
    def retired(self) -> bool: ...


class _Workbook(Protocol):
    @property
    def measures(self) -> Measures: ...
    @property
    def gates(self) -> tuple[_Gate, ...]: ...
    @property
    def exercises(self) -> tuple[_Exercise, ...]: ...
    @property
    def items(self) -> tuple[_Item, ...]: ...
    @property
    def scales(self) -> tuple[_Scale, ...]: ...


class _Rules:
    """What the rules ask, and what one answer alone does to them."""

    def __init__(self, gates: Iterable[_Gate], measures: Measures) -> None:
        gates = tuple(gates)
        self.when = [condition for gate in gates if (condition := _parsed(gate.when))]
        self.reopens = [condition for gate in gates if (condition := _parsed(gate.reopens))]
        self.asked = {id for condition in self.when for id in condition.ids}
        self.reopening = {measures.behind(id) for condition in self.reopens for id in condition.ids}
        self.said = {key for gate in gates for key in gate.said}

    def closes(self, id: str, given: object) -> bool:
        """Say whether an answer closes a rule."""
        return given == "unsure" or any(_true(condition, id, given) for condition in self.when)

    def opens(self, id: str, given: object) -> bool:
        """Say whether an answer opens a rule again."""
        return any(_true(condition, id, given) for condition in self.reopens)


def _parsed(data: dict[str, object] | None) -> Condition | None:
    try:
        return parse(data) if data is not None else None
    except InvalidCondition:
        return None  # said elsewhere


def _true(condition: Condition, id: str, given: object) -> bool:
    if id not in condition.ids:
        return False
    try:
        return condition.evaluate(lambda one: given if one == id else None) is True
    except TypeError:  # an answer of another kind: said elsewhere
        return False


class _Whole:
    """A workbook that is read already: everything is at hand."""

    def __init__(self, workbook: _Workbook) -> None:
        self.items = {item.id: item for item in workbook.items}
        self.exercises = {exercise.id for exercise in workbook.exercises}
        self.retired = {exercise.id for exercise in workbook.exercises if exercise.retired}
        self.scales = {scale.id for scale in workbook.scales}

    def item(self, id: str) -> _Item:
        return self.items[id]

    def trusts(self, id: str) -> bool:
        return False


def unfed(workbook: _Workbook) -> bool:
    """Say whether a workbook has rules, and not all that feeds them."""
    asked = (one for gate in workbook.gates for one in gate_faults(gate, workbook.measures))
    return bool(workbook.gates) and any(
        True
        for _ in itertools.chain(asked, faults(workbook.measures, _Whole(workbook), workbook.gates, workbook.scales))
    )


def guarded(workbook: _Workbook) -> frozenset[str]:
    """Return the exercises whose answers feed a rule, of which nobody changes how often they are asked."""
    measures, words = workbook.measures, {item.id for item in workbook.items}
    feeding = [*measures.inside]
    feeding += [id for scale in workbook.scales if scale.id == measures.wellbeing for id in scale.items]
    found = {*measures.forms, *(id.rpartition(".")[0] for id in feeding)}
    for exercise in workbook.exercises:
        pairs = measures.distress.items()
        if any({f"{exercise.id}.{after}", f"{exercise.id}.{before}"} <= words for after, before in pairs):
            found.add(exercise.id)
    return frozenset(found)


def faults(measures: Measures, held: Held, gates: Iterable[_Gate], scales: Iterable[_Scale]) -> Iterator[Fault]:
    """Yield whatever it names that is not there or does not fit, and whatever it leaves out of the forms it names.

    `gates` are the rules it feeds, `scales` those of the workbook: what opens a rule is no fault of an id alone.
    """
    rules = _Rules(gates, measures)
    exercises: list[tuple[Way, str]] = [(("forms", place), id) for place, id in enumerate(measures.forms)]
    check, former = measures.short_check, measures.former
    if check:
        exercises += [(("short_check", key), getattr(check, key)) for key in ("form", "again")]
        for key in ("form", "again"):
            if getattr(check, key) not in measures.forms:
                cure = "Name it under “forms” too."
                yield ("short_check", key), getattr(check, key), "It is none of the forms behind the rules.", cure
        yield from _short_check(check, held)
        yield from _unwaited(check, measures, rules)
    if former:
        exercises += [(("former", "forms", place), id) for place, id in enumerate(former.forms)]
    for keys, id in exercises:
        if id not in held.exercises and not held.trusts(id):
            cure = did_you_mean(id, held.exercises) or "Write the id of an exercise: chapter.exercise."
            yield keys, id, "There is no such exercise.", cure
    for place, id in enumerate(measures.inside):
        yield from _question(("inside", place), id, held)
    yield from _measured(measures, held)
    yield from _done(measures, rules)
    yield from _compared(measures, held)
    yield from _near(measures, scales)
    yield from _former(measures, held, rules)


def _question(keys: Way, id: str, held: Held, kinds: str = "") -> Iterator[Fault]:
    """Yield why an id is no question that is asked now, of one of `kinds` (none: of any)."""
    try:
        item = held.item(id)
    except KeyError:
        yield keys, id, "There is no such item.", did_you_mean(id, held.items) or "Write chapter.exercise.item."
        return
    if item is None:
        return
    if item.retired or item.kind in ("note", "computed"):
        yield keys, id, "It is not asked.", "Name a question that is."
    elif kinds and item.kind not in kinds.split():
        yield keys, id, f"It is a {item.kind}.", f"Name a question of kind {' or '.join(kinds.split())}."


def _short_check(check: ShortCheck, held: Held) -> Iterator[Fault]:
    named: list[tuple[Way, str, str]] = [(("each_time", place), word, "") for place, word in enumerate(check.each_time)]
    named.append((("changed",), check.changed, "yesno"))
    changes = [(("changes", place), word) for place, word in enumerate(check.changes)]
    changes += [(("also", place), word) for place, word in enumerate(check.also)]
    for keys, word, kinds in (*named, *((keys, word, "") for keys, word in changes)):
        yield from _question(("short_check", *keys), f"{check.form}.{word}", held, kinds)
    for keys, word in changes:
        yield from _question(("short_check", *keys), f"{check.again}.{word}", held)
    known = {*check.each_time, check.changed, *check.changes, *check.also}
    for id in _asked(check.form, held):
        if id.rpartition(".")[2] not in known:
            says = f"says nothing of “{id}”, which is asked there."
            yield ("short_check",), None, says, "Name it under each_time, changes or also."


def _unwaited(check: ShortCheck, measures: Measures, rules: _Rules) -> Iterator[Fault]:
    """Yield each question that a rule closes by, and that a check after a change would not wait for."""
    closing = rules.asked | ({measures.pursuit.question} if measures.pursuit else set())
    for place, word in enumerate(check.also):
        if closing & {f"{check.form}.{word}", f"{check.again}.{word}"}:
            says, cure = "A rule closes by its answer.", "Name it under changes, so that it is waited for."
            yield ("short_check", "also", place), word, says, cure


def _asked(form: str, held: Held) -> list[str]:
    """Return the questions of a form that are asked now, without its foot."""
    inside = [(id, item) for id, item in held.items.items() if id.rpartition(".")[0] == form and item is not None]
    away = ("note", "computed")
    return [
        id
        for id, item in inside
        if item and item.kind not in away and not item.retired and id.rpartition(".")[2] not in ("useful", "done")
    ]


def _measured(measures: Measures, held: Held) -> Iterator[Fault]:
    if pursuit := measures.pursuit:
        yield from _question(("pursuit", "question"), pursuit.question, held, "choices")
        options = _options(pursuit.question, held)
        named: list[tuple[Way, str]] = [(("none",), pursuit.none)]
        named += [(("grave", place), word) for place, word in enumerate(pursuit.grave)]
        for keys, word in named:
            if options is not None and word not in options:
                cure = did_you_mean(word, options) or f"Use one of: {', '.join(options)}."
                yield ("pursuit", *keys), word, f"It is no option of “{pursuit.question}”.", cure
    if measures.agreed_day is not None:
        yield from _question(("agreed_day",), measures.agreed_day, held, "date")
    for keys, id in ((("pursuit", "question"), pursuit and pursuit.question), (("agreed_day",), measures.agreed_day)):
        if id and id.rpartition(".")[0] not in measures.forms:
            yield keys, id, "It stands in none of the forms behind the rules.", "Name its exercise under “forms”."
    if measures.wellbeing is not None and measures.wellbeing not in held.scales:
        cure = did_you_mean(measures.wellbeing, held.scales) or "Write the id of a scale."
        yield ("wellbeing",), measures.wellbeing, "There is no such scale.", cure
    for after, before in measures.distress.items():
        pairs = [
            id for id in held.items if id.endswith(f".{after}") and f"{id.rpartition('.')[0]}.{before}" in held.items
        ]
        if not pairs:
            yield ("distress", after), before, "No exercise asks both.", "Name two questions of one exercise."
        for id in (one for after_id in pairs for one in (after_id, f"{after_id.rpartition('.')[0]}.{before}")):
            yield from _question(("distress", after), id, held, NUMBERS)


def _done(measures: Measures, rules: _Rules) -> Iterator[Fault]:
    """Yield why the option that says “nothing of this” says something."""
    if pursuit := measures.pursuit:
        none, cure = pursuit.none, "Name the option that says: nothing of this."
        if none in pursuit.grave:
            yield ("pursuit", "none"), none, "It is one of the grave ones.", cure
        elif none == "unsure" or rules.closes(pursuit.question, [none]):
            yield ("pursuit", "none"), none, "A rule closes by it.", cure


def _compared(measures: Measures, held: Held) -> Iterator[Fault]:
    """Yield each pair that is asked the other way round, and each before and after that nothing compares."""
    places, missed = {id: place for place, id in enumerate(held.items, 1)}, set()
    for after, before in measures.distress.items():
        forms = {id.rpartition(".")[0] for id in places if id.endswith(f".{after}")}
        both = [(first, places[f"{form}.{after}"]) for form in forms if (first := places.get(f"{form}.{before}"))]
        missed |= set() if both else {after}  # said already
        if any(first >= then for first, then in both):
            cure = "Write the number after an exercise first, then a colon and the one before it."
            yield ("distress", after), before, "It is not asked before the other.", cure
    inside = {id.rpartition(".")[0] for id in measures.inside if measures.distress}  # without: said where a rule asks
    for id, item in held.items.items():
        form, _, after = id.rpartition(".")
        if form not in inside or item is None or item.retired or item.kind not in NUMBERS.split():
            continue
        before = f"{after.removesuffix('after')}before"
        named = after not in missed and (after == "after" or after.endswith("_after"))
        if named and f"{form}.{before}" in places and measures.distress.get(after) != before:
            yield (
                ("distress",),
                None,
                f"does not compare “{id}” with the number before it.",
                f"Write {after}: {before}.",
            )


def _near(measures: Measures, scales: Iterable[_Scale]) -> Iterator[Fault]:
    """Yield that well-being is asked elsewhere than what else opens the pages."""
    chapters = {id.partition(".")[0] for id in measures.forms}
    for scale in scales:
        if scale.id == measures.wellbeing and not {id.partition(".")[0] for id in scale.items} <= chapters:
            says, cure = "It is a scale of another chapter than the forms.", "Name a scale of theirs."
            yield ("wellbeing",), measures.wellbeing, says, cure


def _options(id: str, held: Held) -> list[str] | None:
    """Return the options of a question; None: it cannot be looked at."""
    options = getattr(held.items.get(id), "options", None)
    return list(options) if options is not None else None


def _former(measures: Measures, held: Held, rules: _Rules) -> Iterator[Fault]:
    """Yield each earlier question whose answers nobody would hear, and what is answered otherwise now."""
    former, check = measures.former, measures.short_check
    for keys, id in former.now if former else ():
        yield from _question(("former", *keys), id, held)
        if id.rpartition(".")[0] not in measures.forms:
            yield ("former", *keys), id, "It stands in none of the forms behind the rules.", "Name one that does."
    words = set(check.changes) if check else set()
    words |= {*former.same, *former.reworded, *former.ticks} if former else set()
    changed = check.changed if check else None
    for form in dict.fromkeys((*measures.forms, *(former.forms if former else ()))):
        heard = words if former and form in former.forms else set()
        for id, item in held.items.items():
            exercise, _, word = id.rpartition(".")
            if exercise == form and item is not None and item.retired and word not in heard and word != changed:
                cure = "Name it under former: its answers closed rules, and must go on closing them."
                yield ("former",), id, "It is no longer asked, and nothing hears its answers.", cure
    behind = {id.partition(".")[0] for id in measures.forms}
    asked = {*words, *(check.each_time if check else ())}
    for id in sorted(held.retired):
        mine = {one.rpartition(".")[2] for one in held.items if one.rpartition(".")[0] == id}
        if id.partition(".")[0] in behind and mine & asked and id not in (former.forms if former else ()):
            yield ("former", "forms"), id, "It asked what the forms ask now.", "Name it here, or its answers are lost."
    for word, reworded in former.reworded.items() if former else ():
        yield from _reworded(word, reworded, former.forms if former else (), held)
        yield from _opened(word, reworded, measures, held, rules)
    for word, one in former.ticks.items() if former else ():
        yield from _ticks(word, one, measures, held, rules)


def _reworded(word: str, one: Reworded, forms: Iterable[str], held: Held) -> Iterator[Fault]:
    """Yield each old answer of which nothing is said, and each that is now none of those of a yes or no."""
    for item in filter(None, (held.items.get(f"{form}.{word}") for form in forms)):
        may = ["yes", *(["unsure"] if getattr(item, "unsure", False) else [])] if item.kind == "yesno" else []
        for answer in may:
            if answer not in one.answers and answer not in one.blank:
                says, cure = f"does not say what “{answer}” means now.", "Write it under answers, or under blank."
                yield ("former", "reworded", word), None, says, cure
    now = held.items.get(one.now)
    for old, said in one.answers.items():
        if now is not None and (now.kind == "choices") != isinstance(said, tuple):
            cure = "Write a list." if now.kind == "choices" else "Write one answer."
            yield ("former", "reworded", word, "answers", old), None, f"does not fit “{one.now}”.", cure
        elif now is not None and now.kind == "yesno" and said not in ("yes", "no", "unsure"):
            cure = "Use one of: yes, no, unsure."
            yield ("former", "reworded", word, "answers", old), str(said), f"is no answer to “{one.now}”.", cure


def _opened(word: str, one: Reworded, measures: Measures, held: Held, rules: _Rules) -> Iterator[Fault]:
    """Yield each old answer that would now close nothing, or open something."""
    options, nothing = _options(one.now, held), measures.nothing_of(one.now)
    asked = one.now in rules.asked
    for old, said in one.answers.items():
        keys: Way = ("former", "reworded", word, "answers", old)
        targets = said if isinstance(said, tuple) else (said,)
        for target in targets if asked else ():
            if options is not None and target not in options and f"{one.now}.{target}" not in rules.said:
                cure = did_you_mean(target, options) or "Use an option, or one that a rule has a sentence for (said)."
                yield keys, target, f"It is no option of “{one.now}”.", cure
        given: object = list(said) if isinstance(said, tuple) else said
        lost = not rules.closes(one.now, given) if asked else said == "no"
        if lost or (isinstance(said, tuple) and nothing in said) or rules.opens(one.now, given):
            cure = "Write an answer that closes: what closed a rule then closes it now."
            yield keys, None, f"leaves open what “{one.now}” closes.", cure
    for answer in one.blank:
        if answer != "no" and asked and one.now not in rules.reopening:
            cure = "Write under answers what it means now. Only what opened a rule is asked anew."
            yield ("former", "reworded", word, "blank"), answer, "Nothing would close by it any more.", cure


def _ticks(word: str, renamed: Renamed, measures: Measures, held: Held, rules: _Rules) -> Iterator[Fault]:
    """Yield each old tick that is none of now, and each that would now close nothing, or open something."""
    now, nothing = _options(renamed.now, held), measures.nothing_of(renamed.now)
    forms = measures.former.forms if measures.former else ()
    before = [option for form in forms for option in _options(f"{form}.{word}", held) or ()]
    for option in dict.fromkeys((*before, *renamed.options)):
        called = renamed.options.get(option, option)
        keys: Way = ("former", "ticks", word)
        lost = renamed.now in rules.asked and not rules.closes(renamed.now, [called])
        if now is not None and called not in now:
            cure = did_you_mean(called, now) or "Write what it is called now, under options."
            yield keys, called, f"It is no option of “{renamed.now}”.", cure
        elif now is not None and option in renamed.options and option in now:
            yield keys, option, f"It is an option of “{renamed.now}” as before.", "Remove it from options."
        elif option != nothing and (called == nothing or lost or rules.opens(renamed.now, [called])):
            cure = "Name one that closes: what closed a rule then closes it now."
            yield keys, called, f"It leaves open what “{option}” closed.", cure


def gate_faults(gate: _Gate, measures: Measures) -> Iterator[Fault]:
    """Yield each measure that nothing feeds, and each question that no form behind the rules asks."""
    for at, data in (("when", gate.when), ("reopens", gate.reopens)):
        try:
            comparisons = parse(data).comparisons if data is not None else ()
        except InvalidCondition:
            continue  # said elsewhere
        for comparison in comparisons:
            id, keys = comparison.question, (at, *comparison.path, "question")
            name = id.removeprefix(MEASURED)
            if not id.startswith(MEASURED):
                if id.rpartition(".")[0] not in measures.forms and id not in measures.inside:
                    cure = "Name its exercise under forms, or the question under inside: a blank then closes nothing."
                    yield keys, id, "Nothing in measures.yaml says whether a blank there closes.", cure
            elif name not in FED_BY:
                cure = did_you_mean(name, FED_BY) or f"Use one of: {', '.join(FED_BY)}."
                yield keys, id, "There is no such measure.", cure
            elif FED_BY[name] and not getattr(measures, FED_BY[name]):
                yield keys, id, "No question feeds this measure.", f"Write “{FED_BY[name]}” in measures.yaml."

"""Whether words ask for a passphrase, however they are written, so that nobody types one where it would be shared."""

from __future__ import annotations

import functools
import html
import re
import unicodedata

# Nouns beside which “clave” says that something matters.
_NOUNS = (
    *("momento", "palabra", "persona", "punto", "idea", "tema", "pieza"),
    *("pregunta", "frase", "paso", "dato", "hecho", "factor", "papel"),
)
_NO_CLAVE = "".join(rf"(?<!\b{noun}{many} )" for noun in _NOUNS for many in ("", "s"))
_ENDS = "(word|phrase|code|key)"
_BEGINS = "(?<!com)(?<!sur)(?<!tres)(?<!over)(?<!under)pass"  # not in: encompass, surpass, trespass and the like


def _loose(word: str) -> str:
    """A pattern for a word with at most one sign or space between any two letters."""
    return r"\b" + r"[^\w'’—―]?".join(word) + r"s?\b"


# In any of the languages Mend knows of, and in the most spoken others; without accents, as `_plainly` leaves them.
# Words with a meaning of their own are meant only where a secret is: a pin after “your” or “type a”, a “clave” that
# is no “momento clave”. What ends a sentence (“I let it pass. Words came later.”) joins no two words.
_ASKED = "|".join(
    (
        f"pass{_ENDS}",
        *map(_loose, ("password", "passphrase", "passcode", "passkey", "passwort", "kennwort", "contrasena")),
        rf"{_BEGINS}( |[^\w\s—―]{{1,3}}){_ENDS}s?\b",  # pass.word; with a dash for a thought only in the singular
        rf"{_BEGINS}( [^\w\s]{{1,3}} ?|[^\w\s.,;:!?]{{1,3}} ?){_ENDS}\b",
        rf"\b(your|my|the|a|this) pass[^\w.!?]{{1,3}}{_ENDS}s?\b",
        r"\b(recovery|unlock)[^\w.,;:!?]{0,3}(key|sheet|code|phrase)|age-secret-key",
        r"\b((your|my)( \w+)?|(enter|type|write)( \w+){0,3}) secret[^\w.,;:!?]{0,3}(key|code|phrase|word)s?\b"
        r"(?! (between|with)\b)",
        r"secret (key|code|phrase|word)s? (of|for|to) (your|the|this) (journal|phone|computer|account|bank|app)\b",
        r"\b(your|my|enter|type) pins?\b(?! (and needles|(it|them) (down|on))\b)",
        r"\b(enter|type|give|write|tell|send|what is|what's)( \w+){0,2} (the|a|this|that|own) pins?\b"
        r"(?! (drop|and needles)\b)",
        r"\b(the|bank|card|phone|secret|digit) pins?\b(?! (down|in|on|to|it|drop\w*|cushion|board|and needles)\b)",
        r"\bpins?[\s-]*(code|number)|\bp\W{1,3}i\W{1,3}n\b|^\W*(pin|secret (key|code|phrase|word))s?\W*$",
        r"passwort|kennwort|losungswort|contrasena|mot de passe|phrase secrete|\bsenhas?\b|palavra-passe",
        _NO_CLAVE + r"\bclaves?\b(?! (de|del) (el )?(exito|cambio|humor)\b)",
        r"parola (d.ordine|chiave|segreta|ta\b)|\bparolan|wachtwoord|losenord|\bpassord|adgangskode|salasana",
        r"\bhaslo\b|\bheslo\b|jelszo|\bsifre|kata sandi|mat khau|парол|кодов\w* (фраз|слов)|κωδικο|συνθηματικ|סיסמ",
        r"كلم(ة|ه|ات) ?(ال(سر|مرور)|(سر|مرور)(ك|كم|ي)?)\b|الكلم[ةه] السري[ةه]|رمز عبور|पासवर्ड",
        "パスワード|パスフレーズ|合言葉|暗証番号|비밀번호|암호|密码|密碼|口令|通行短语",
    )
)
_NUMBER = re.compile(r"\bP\W{0,3}[I1l]\W{0,3}N(\W?[sS])?\b(?! (IT|DOWN|ON|TO)\b)")  # in capitals it is nothing else
# Letters of other scripts that look like Latin ones.
_PAIRS = (  # each with the letter it looks like
    "аaвbсcԁdеeһhіiјjкkӏlмmоoрpԛqгrѕsтtѵvԝwхxуyɑaαaβbεeηnιiκkνvρpτtυuχxωwοoɡgʜhʟlɴnʀrꜱsʏyᴀaʙbᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜu"
    "ᴠvᴡwᴢz0o1l3e@a$s5słlđdøoıi"
)
_ALIKE = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))
_MARKUP = re.compile(r"[*_~`\\]|<[^<>]*>|\[|\]\([^()]*\)")  # what Markdown takes away where it is shown
_MARKS = re.compile("[\u0300-\u036f\u0640\u064b-\u0652\ufe00-\ufe0f\u115f\u1160]")
_SPELT = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,4}[^\W_](?![^\W_])){3,}")  # p a s s w o r d


def asks_for_one(text: str) -> bool:
    """Say whether a text, Markdown or plain, speaks of a passphrase, a password or a key."""
    read = _plainly(text)
    plain = read.casefold()
    return bool(_NUMBER.search(read)) or any(_asked().search(_joined(one)) for one in (plain, plain.translate(_ALIKE)))


@functools.cache
def _asked() -> re.Pattern[str]:
    """It takes twenty milliseconds to make, and the shipped workbook is not asked."""
    return re.compile(_ASKED, re.IGNORECASE)


def _plainly(text: str) -> str:
    """The text as it reads: without markup, accents and signs nobody sees, each letter plain, capitals kept."""
    shown = html.unescape(html.unescape(text))
    seen = "".join(sign for sign in shown if unicodedata.category(sign) not in ("Cf", "Cc") or sign.isspace())
    letters = unicodedata.normalize("NFKD", _MARKUP.sub("", seen))
    bare = "".join(sign for sign in letters if not _can_go(sign))
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", bare))


def _can_go(sign: str) -> bool:
    """Whether it is an accent of Latin, Greek and Cyrillic letters, an Arabic vowel or stretch, or chooses a variant.

    In other scripts marks are letters.
    """
    return bool(_MARKS.fullmatch(sign))


def _joined(text: str) -> str:
    """The text with words that were spelt letter by letter in one piece beside it."""
    spelt = [re.sub(r"[\W_]", "", one[0]) for one in _SPELT.finditer(text)]
    return " \n ".join((text, *spelt))

"""Whether words ask for a passphrase, however they are written, so that nobody types one where it would be shared."""

from __future__ import annotations

import html
import re
import unicodedata

# In any of the languages Mend knows of, and in the most spoken others; without accents, as `_plainly` leaves them.
_ASKED = re.compile(
    r"pass\s*-?\s*(word|phrase|code|key)|\bpin\b|(recovery|secret|unlock)\s*-?\s*(key|sheet|code|phrase)|age-secret-key"
    r"|kennwort|passwort|losungswort|contrasena|\bclave\b|mot de passe|phrase secrete|\bsenhas?\b|palavra-passe"
    r"|parola (d.ordine|chiave|segreta|ta\b)|\bparolan|wachtwoord|losenord|\bpassord|adgangskode|salasana"
    r"|\bhaslo\b|\bheslo\b|jelszo|\bsifre"
    r"|kata sandi|mat khau|парол|кодов\w* (фраз|слов)|κωδικο|συνθηματικ|סיסמ|كلمه? ?ال?(مرور|سر)|كلمة ?ال?(مرور|سر)"
    r"|رمز عبور|पासवर्ड|パスワード|パスフレーズ|合言葉|暗証番号|비밀번호|암호|密码|密碼|口令|通行短语",
    re.IGNORECASE,
)
# Letters of other scripts that look like Latin ones.
_PAIRS = (  # each with the letter it looks like
    "аaвbсcԁdеeһhіiјjкkӏlмmоoрpԛqгrѕsтtѵvԝwхxуyɑaαaβbεeηnιiκkνvρpτtυuχxωwοoɡgʜhʟlɴnʀrꜱsʏyᴀaʙbᴄcᴅdᴇeᴊjᴋkᴍmᴏoᴘpᴛtᴜu"
    "ᴠvᴡwᴢz0o1l3e@a$s5słlđdøoıi"
)
_ALIKE = str.maketrans(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))
_MARKUP = re.compile(r"[*_~`\\]|<[^<>]*>|\[|\]\([^()]*\)")  # what Markdown takes away where it is shown
_SPELT = re.compile(r"(?<![^\W_])[^\W_](?:[ .·|/-]+[^\W_](?![^\W_])){3,}")  # p a s s w o r d


def asks_for_one(text: str) -> bool:
    """Say whether a text, Markdown or plain, speaks of a passphrase, a password or a key."""
    plain = _plainly(text)
    return any(_ASKED.search(_joined(one)) for one in (plain, plain.translate(_ALIKE)))


def _plainly(text: str) -> str:
    """The text as it reads: without markup, accents and signs nobody sees, each letter in its plainest form."""
    shown = html.unescape(html.unescape(text))
    seen = "".join(sign for sign in shown if unicodedata.category(sign) not in ("Cf", "Cc") or sign.isspace())
    letters = unicodedata.normalize("NFKD", _MARKUP.sub("", seen)).casefold()
    bare = "".join(sign for sign in letters if unicodedata.category(sign) != "Mn" or not _over_latin(sign))
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", bare))


def _over_latin(sign: str) -> bool:
    """Whether it is an accent such as Latin, Greek and Cyrillic letters bear; in other scripts marks are letters."""
    return "\u0300" <= sign <= "\u036f"


def _joined(text: str) -> str:
    """The text with words that were spelt letter by letter in one piece beside it."""
    spelt = [re.sub(r"[\W_]", "", one[0]) for one in _SPELT.finditer(text)]
    return " \n ".join((text, *spelt))

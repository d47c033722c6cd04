"""Files to and from a hub's mailbox: sent means acknowledged, and nothing is let go before it is here."""

from __future__ import annotations

import hashlib
import http.client
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from workbook.errors import Refused, WorkbookError, plain
from workbook.sharing import envelope
from workbook.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN = "WORKBOOK_HUB_TOKEN"  # noqa: S105 # the name of a variable
_SECONDS = 60
_OWN_MACHINE = ("127.0.0.1", "::1", "localhost")
_MOST = envelope.LARGEST + 2**20  # bytes of any answer


class NotSent(WorkbookError):
    """The mailbox did not acknowledge; nothing counts as sent.

    `down`: it answers nothing else now either. `nobody`: there is nobody of that name, or nothing of that number.
    `never`: the same would be refused each time. `ended`: it does not know who asks, or not any more.
    """

    def __init__(
        self, said: str, *, down: bool = False, nobody: bool = False, never: bool = False, ended: bool = False
    ) -> None:
        self.down, self.nobody, self.never, self.ended = down, nobody, never, ended
        super().__init__(said)


class Waiting(NamedTuple):
    """One file that waits in the mailbox."""

    number: int
    kind: str
    sender: str
    size: int
    at: str  # when it was put there, as the mailbox says it: numbers come back where a dump was put back


class Mailbox:
    """A hub's mailbox, for whoever the token belongs to. Neither the token nor what goes through is in its repr."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is that of the service (`https://hub.example/services/mailbox`). Raises Refused."""
        at = urlsplit(url)
        if at.scheme not in ("http", "https") or not at.hostname:
            raise Refused(say("sharing.post.no_address", url=plain(url)))
        if at.scheme == "http" and at.hostname not in _OWN_MACHINE:
            raise Refused(say("sharing.post.not_https", url=plain(url)))
        if not token.strip():
            raise Refused(say("sharing.post.no_token", variable=TOKEN))
        self._token = token.strip()
        if not self._token.isascii() or not self._token.isprintable() or " " in self._token:
            raise Refused(say("sharing.post.bad_token", variable=TOKEN))
        self._url = f"{url.rstrip('/')}/api/mail"
        same = at._replace(netloc=at.netloc.lower()).geturl().rstrip("/")
        self.digest = hashlib.sha256(same.encode()).hexdigest()[:32]
        """Which mailbox it is, without its address."""
        proxies = [urllib.request.ProxyHandler({})] if at.scheme == "http" else []  # one would read the token
        self._opener = urllib.request.build_opener(_Stays, *proxies)

    def __repr__(self) -> str:
        return f"Mailbox({self._url})"

    def send(self, to: str, data: bytes) -> int:
        """Hand over a file and return its number; when this returns, the mailbox has it on its disk.

        Sent again, it is there once. Raises NotSent with why.
        """
        return _int(self._ask("POST", f"/{quote(to, safe='', errors='replace')}", data), "number")

    def waiting(self) -> list[Waiting]:
        """Return what waits, oldest first. Raises NotSent."""
        found = self._ask("GET", "").get("mail")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise NotSent(say("sharing.post.no_mailbox"))
        return [
            Waiting(
                number=_int(one, "number"),
                kind=str(one.get("kind")),
                sender=plain(str(one.get("from"))),
                size=_int(one, "size"),
                at=plain(str(one.get("at"))),
            )
            for one in found
        ]

    def begin(self) -> None:
        """Tell that this person has a journal, so that no other is begun for them. Raises NotSent."""
        self._call("POST", "", b"")

    def began(self) -> bool:
        """Say whether they have, as far as the mailbox knows: they told, sent, or took something in. Raises NotSent."""
        found = self._ask("GET", "?begun=1").get("begun")
        if not isinstance(found, bool):
            raise NotSent(say("sharing.post.no_mailbox"))
        return found

    def fetch(self, number: int) -> bytes:
        """Return a file that waits; it goes on waiting until `taken`. Raises NotSent."""
        return self._call("GET", f"/{number}")

    def taken(self, number: int) -> None:
        """Tell that a file is here, kept. Raises NotSent."""
        self._call("DELETE", f"/{number}")

    def _ask(self, method: str, path: str, data: bytes | None = None) -> Mapping[str, Any]:
        try:
            found = json.loads(self._call(method, path, data))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NotSent(say("sharing.post.no_mailbox"))
        return found

    def _call(self, method: str, path: str, data: bytes | None = None) -> bytes:
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/octet-stream"}
        asked = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310 # judged above
        try:
            with self._opener.open(asked, timeout=_SECONDS) as answer:
                body: bytes = answer.read(_MOST + 1)
                if len(body) > _MOST:
                    raise NotSent(say("sharing.post.no_mailbox"))
                if answer.length:  # bytes that were promised and did not come
                    raise NotSent(say("sharing.post.down"), down=True)
                return body
        except urllib.error.HTTPError as refused:
            ended = refused.code == 401
            down = ended or refused.code >= 500
            own = _own_sentence(refused)
            never = refused.code == 413 or (refused.code in (400, 403) and bool(own))  # others than it may say 403 too
            why = own or _sentence(refused.code)
            raise NotSent(why, down=down, nobody=refused.code == 404, never=never, ended=ended) from None
        except (OSError, http.client.HTTPException):
            raise NotSent(say("sharing.post.down"), down=True) from None


class _Stays(urllib.request.HTTPRedirectHandler):
    """A mailbox that sends elsewhere would have the token go there too."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _own_sentence(refused: urllib.error.HTTPError) -> str:
    """What the mailbox itself says; "" when it was another that answered."""
    try:
        said = json.loads(refused.read(10_000))["message"]
    except (ValueError, KeyError, TypeError, OSError, http.client.HTTPException):
        return ""
    return plain(said[:500]) if isinstance(said, str) else ""


def _sentence(code: int) -> str:
    if code in (401, 403):
        return say("jupyter.mailbox.log_in")
    return say("sharing.post.down") if code >= 500 else say("sharing.post.no_mailbox")


def _int(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise NotSent(say("sharing.post.no_mailbox"))
    return value

"""What each page may run and load: policies that hold when a renderer fails, and a path that nobody can guess."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.jupyter import worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.serverapp import ServerApp
    from tornado.httputil import HTTPHeaders, HTTPServerRequest

HEADER = "Content-Security-Policy"


def path() -> str:
    """Return a path for one start, below which everything is served: cookies know no ports, but they know paths."""
    return f"/{secrets.token_urlsafe(12)}/"


def for_page(page: JupyterHandler) -> str:
    """Send its policy with one of our pages; returns the nonce by which the page's own scripts are known."""
    nonce = secrets.token_urlsafe(16)
    address = _address(page.request, page.settings, page.base_url)
    page.set_header(HEADER, _page_policy(address, nonce, page.settings.get("exits", ())))
    return nonce


def _address(request: HTTPServerRequest, settings: Mapping[str, Any], base: str) -> str:
    """Return where a browser finds this server; who encrypts on the way here says so in `settings["scheme"]`."""
    return f"{settings.get('scheme', 'http')}://{request.host}{base}"


def close_around(server: ServerApp, *, plain: bool) -> None:
    """Give JupyterLab's page its own policy, and outside of our random address serve nothing but words.

    A browser sends cookies to every port of this computer, but only below the path they were made for. Nobody who
    does not know that path may learn it by asking.
    """
    from tornado.routing import PathMatches, Rule
    from tornado.web import OutputTransform, RequestHandler

    base, inline, settings = server.base_url, _inline(), server.web_app.settings
    words = worded.page("login.html").encode()

    class Shell(OutputTransform):
        def __init__(self, request: HTTPServerRequest) -> None:
            self._address = _address(request, settings, base)
            self._is_shell = re.fullmatch(f"{re.escape(base)}(lab|doc)(/(tree|workspaces)/.*)?/?", request.path)

        def transform_first_chunk(
            self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
        ) -> tuple[int, HTTPHeaders, bytes]:
            del finishing
            if self._is_shell:
                headers[HEADER] = _shell_policy(self._address, inline, plain=plain)
                headers["Cache-Control"] = "no-store"  # going back asks again, and is refused after leaving
            return status_code, headers, chunk

    class Outside(RequestHandler):
        def prepare(self) -> None:
            if self.request.path == base.rstrip("/"):  # as people type it
                self.redirect(base)
                return
            self.set_status(404)
            self.set_header(HEADER, policy())
            self.finish(words)

    server.web_app.add_transform(Shell)
    server.web_app.default_router.rules.insert(0, Rule(PathMatches(f"(?!{re.escape(base)}).*"), Outside))


def policy(**allowed: str) -> str:
    """Return a Content-Security-Policy: of this server only what is named, and of nobody else anything.

    `script_src="…"` and the like name what may be loaded besides.
    """
    rules = {
        "default-src": "'none'",
        "script-src": "'none'",
        "style-src": "'self' 'unsafe-inline'",  # JupyterLab's and widgets' parts bring their own style sheets
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    rules |= {name.replace("_", "-"): value for name, value in allowed.items()}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _page_policy(address: str, nonce: str, exits: Iterable[str] = ()) -> str:
    """Our pages run the scripts of Voilà, of its widgets and of our template, from where these lie, and no others.

    `exits` are addresses elsewhere at which a visit is ended.
    """
    voila = [f"{address}voila/{each}/" for each in ("static", "templates/mend/static", "labextensions")]
    return policy(
        script_src=" ".join((f"'nonce-{nonce}'", *voila, "blob:")),  # blob: what a widget brings with it
        connect_src=" ".join(("'self'", _socket(address), *exits)),
    )


def _socket(address: str) -> str:
    return address.replace("http", "ws", 1)


def _shell_policy(address: str, inline: Iterable[str], *, plain: bool) -> str:
    """JupyterLab runs its own scripts from where they lie, and those `inline`; it compiles schemas, and so needs eval.

    With `plain` it shows the widgets itself.
    """
    lab = [f"{address}{each}/" for each in ("static/lab", "lab/extensions")]
    return policy(
        default_src="'self' data: blob:",
        script_src=" ".join((*inline, *lab, "'unsafe-eval'", *(["blob:"] if plain else []))),
        style_src="'self' 'unsafe-inline' data:",
        img_src="'self' data: blob:",
        connect_src=f"'self' {_socket(address)}",
    )


def _inline() -> list[str]:
    """Return what names the scripts that stand in JupyterLab's page itself: their hashes."""
    from jupyterlab.commands import get_app_dir

    page = Path(get_app_dir(), "static", "index.html").read_text(encoding="utf-8")
    digests = [
        hashlib.sha256(text.encode()).digest() for text in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    ]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]

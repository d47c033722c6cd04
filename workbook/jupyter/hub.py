"""Start a client's pages in JupyterHub: as on their own computer, but that address, login and stopping are its."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from workbook import words
from workbook.jupyter import lab, notebooks, places
from workbook.sharing import letters
from workbook.sharing.post import NotSent
from workbook.storage.database import utc_now
from workbook.storage.folder import ANSWERS, MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tornado.httpserver import HTTPServer

    from workbook.sharing.post import Mailbox


_SHARED = (  # kinds of drives that several servers share, or that another machine lends
    *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "davfs", "glusterfs"),
    *("fuse.sshfs", "fuse.davfs2", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "fuse.smbnetfs", "fuse.curlftpfs"),
    *("fuse.nfs", "fuse.smb", "fuse.glusterfs", "fuse.juicefs", "fuse.blobfuse", "fuse.blobfuse2", "fuse.mount-s3"),
    *("virtiofs", "vboxsf", "prl_fs", "fuse.vmhgfs-fuse"),  # a folder that the machine around this one lends
)


def refuse_elsewhere(environ: Mapping[str, str] = os.environ) -> None:
    """Raise LabError outside of JupyterHub, or without what it needs of JupyterHub here."""
    if not environ.get("JUPYTERHUB_SERVICE_URL"):
        raise lab.LabError(words.say("jupyter.hub.elsewhere", command="workbook open"))
    if importlib.util.find_spec("jupyterhub") is None:
        raise lab.LabError(words.say("jupyter.hub.missing", command='pip install "mend-workbook[hub]"'))


def refuse_mounted(journal: Path, mounts: Iterable[tuple[str, str]] | None = None) -> None:
    """Raise LabError for a journal on a network drive (NFS, SMB, sshfs, 9p …), where SQLite's locks do not hold.

    `mounts` are pairs of where something is mounted and its kind, the oldest first; None: those of this system.
    """
    import psutil

    there = journal.resolve()
    found = ((each.mountpoint, each.fstype) for each in psutil.disk_partitions(all=True)) if mounts is None else mounts
    above = {place: kind for place, kind in found if there.is_relative_to(place)}  # one place twice: the last is on top
    mount, kind = max(above.items(), key=lambda each: len(each[0]), default=("", ""))
    if kind.lower() in _SHARED:
        raise lab.LabError(words.say("jupyter.hub.mounted", journal=journal, mount=mount, kind=kind))


class Gone(lab.LabError):
    """There is no journal where there should be one: its volume may not be there. What it says is for the log."""


def refuse_empty(journal: Path, mailbox: Mailbox | None, environ: Mapping[str, str] = os.environ) -> None:
    """Raise Gone for a folder without a journal, if its person had one before or nobody can say so."""
    if (journal / MARK).exists():
        return
    if mailbox is None:
        if environ.get(letters.ADDRESS):
            raise Gone(words.say("jupyter.hub.unusable", variable=letters.ADDRESS))
        return
    try:
        before = mailbox.began()
    except NotSent:
        raise Gone(words.say("jupyter.hub.unsure")) from None
    if before:
        raise Gone(words.say("jupyter.hub.gone"))


def remember(journal: Path, mailbox: Mailbox | None) -> None:
    """Have the mailbox remember that there is a journal; where it does not answer, it is told at the next start."""
    if mailbox is not None and (journal / MARK).exists():
        with contextlib.suppress(NotSent):
            mailbox.begin()


def tell(environ: Mapping[str, str] = os.environ) -> None:
    """Say at each address of a person's server whom to tell, until the hub stops it."""
    from workbook.page import head

    at = urlsplit(environ["JUPYTERHUB_SERVICE_URL"])

    async def run() -> None:
        telling(head.hub_address(environ), at.port or 80, at.hostname or "")
        await asyncio.Event().wait()

    asyncio.run(run())


def telling(hub: str, port: int, host: str) -> HTTPServer:
    """Start to say whom to tell, and the way to log out, in the running loop; return the server.

    Nobody has logged in to read it, so it is the same for everyone and says nothing of whose server it is.
    """
    from tornado.httpserver import HTTPServer
    from tornado.web import Application, RequestHandler

    leave = f'<p><a href="{escape(hub)}logout">{escape(words.say("jupyter.hub.log_out"))}</a></p>'
    title = escape(words.say("jupyter.hub.closed_title"))
    page = (
        f'<!doctype html><html lang="{words.code()}"><meta charset="utf-8"><title>{title}</title>'
        f"<main><h1>{title}</h1><p>{escape(words.say('jupyter.hub.closed'))}</p>{leave}</main></html>"
    )

    class Told(RequestHandler):
        def get(self) -> None:
            self.set_header("Cache-Control", "no-store")
            self.set_header("Content-Security-Policy", "default-src 'none'")
            self.finish(page)

    server = HTTPServer(Application([(".*", Told)], log_function=lambda handler: None))
    server.listen(port, host)
    return server


def serve(
    journal: Path,
    titles: Mapping[str, str],
    trusted: Iterable[Path],
    *,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Serve the journal's notebooks to one person of a hub until it says to stop; see `lab.serve`."""
    with lab.ready(journal, titles, trusted, environment=environment or {}, kept=places.of_hub()) as settings:
        lab.merge(settings, listening(notebooks.first(titles)))
        _run(settings, journal)


class Presence:
    """When someone was there last: they opened a page, or an answer was saved.

    JupyterHub stops who is not. A page that stands open asks for things by itself, which is no sign of anyone.
    """

    def __init__(self, journal: Path, settings: Mapping[str, Any], now: Callable[[], datetime] = utc_now) -> None:
        """`settings` are those of the running server."""
        self._now = now
        file = journal / ANSWERS
        self._files, self._settings = (file, file.with_name(f"{file.name}-wal")), settings

    def __call__(self) -> datetime:
        """Return it in UTC; at the earliest when the server started, and never a time to come.

        A file that was put back, or written under a clock that was wrong, may say that; the hub would then take no
        word of who is there, or keep the server of somebody who has left.
        """
        saved = [datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in self._files if file.exists()]
        started: datetime = self._settings["started"]
        opened: datetime = self._settings.get(lab.OPENED, started)
        now = self._now()
        return max((at for at in (opened, *saved) if started <= at <= now), default=started)


def listening(start: str, environ: Mapping[str, str] = os.environ) -> lab.Settings:
    """Return what JupyterHub does not decide by itself: where a visit begins, and how a browser comes here.

    One page waits to be next, not two: many people share the machine's memory.
    """
    return {
        "Kernels": {"most": 1, "tables": 0},
        "ServerApp": {
            "default_url": f"/lab/tree/{start}",
            "jpserver_extensions": {**lab.EXTENSIONS, "jupyterhub.singleuser.extension": True},
            "tornado_settings": {
                **lab.TORNADO,
                "scheme": urlsplit(environ.get("JUPYTERHUB_PUBLIC_URL", "")).scheme or "http",
                # The hub has a name of its own where each person has one.
                "exits": [f"{hub}logout"] if (hub := environ.get("JUPYTERHUB_PUBLIC_HUB_URL")) else [],
            },
        },
    }


def _run(settings: lab.Settings, journal: Path) -> None:
    from jupyterhub.singleuser.extension import JupyterHubSingleUser
    from traitlets.config import Config

    server = JupyterHubSingleUser.initialize_server(argv=[], config=Config(settings))
    server.web_app.last_activity = Presence(journal, server.web_app.settings)
    give_back()
    lab.run(server)


def give_back() -> None:
    """Return to the machine the memory that making everything ready took: many people share it.

    A library of C keeps for itself what was freed; only glibc, which most servers have, lets it be asked for.
    """
    import ctypes
    import gc

    gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)

"""Start a JupyterHub as a practice would, with TLS and an address for each person, and look at what it started."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from workbook.sharing.post import Mailbox

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "mend.test"
ROOT = Path(__file__).parents[2]
# Names below `mend.test` lead here, and no other name leads anywhere.
RESOLVED = f"--host-resolver-rules=MAP *.{NAME} 127.0.0.1, MAP {NAME} 127.0.0.1, MAP * ~NOTFOUND"


class Practice:
    """One running hub, whose files lie in `folder`; `address` is where people log in."""

    def __init__(self, folder: Path, proxy: str, store: str) -> None:
        """`proxy` is the program that browsers reach, `store` where the mailbox keeps its files."""
        self.folder = folder
        self._below: list[psutil.Process] = []  # all that was started, by hubs that have ended
        self._said = 0  # how much of the log is of these
        self.port, own, self.mailbox_port, routes = _free_ports(4)
        self.address = f"https://{NAME}:{self.port}"
        _certify(folder)
        (folder / "homes").mkdir()
        self._settings = {
            "HUB_FOLDER": str(folder),
            "HUB_PORT": str(self.port),
            "HUB_OWN_PORT": str(own),
            "HUB_PROXY": proxy,
            "HUB_MAILBOX_PORT": str(self.mailbox_port),
            "HUB_PROXY_PORT": str(routes),
            "HUB_STORE": store,
        }
        self.start()

    def start(self) -> None:
        """Start the hub, with its proxy and mailbox; who had a server has it still."""
        with self.log.open("a") as log:
            self._said = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(Path(__file__).with_name("hub_config.py"))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._settings, "PYTHONPATH": str(ROOT)},
                cwd=self.folder,
            )

    @property
    def log(self) -> Path:
        """All that the hub, its proxy and the servers say."""
        return self.folder / "hub.log"

    def wait(self, seconds: float = 120) -> None:
        """Wait until people can log in."""
        end = time.monotonic() + seconds
        while "JupyterHub is now running" not in (said := self.log.read_text("utf-8")[self._said :]):
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.2)

    def server(self, person: str, path: str = "") -> str:
        """Return an address of a person's own server."""
        return f"https://{person}.{NAME}:{self.port}/user/{person}/{path}"

    def mailbox(self, person: str) -> Mailbox:
        """Return the mailbox as `lee`, a counselor, `ann` or `bea` reaches it; nobody else has a token."""
        return Mailbox(f"http://127.0.0.1:{self.mailbox_port}/services/mailbox", f"token-of-{person}-{'0' * 32}")

    def journal(self, person: str) -> Path:
        return self.folder / "homes" / person / "Mend"

    def end(self) -> None:
        """End the hub, and with it proxy and mailbox; everyone's server goes on."""
        if self.process.poll() is not None:
            return
        self._below += psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def stop(self) -> None:
        """End the hub and everyone's server, each by its id, at once: nothing of theirs is looked at any more."""
        if self.process.poll() is None:
            self._below += psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            self.process.wait()
        for how in (psutil.Process.terminate, psutil.Process.kill):
            for each in self._below:
                with contextlib.suppress(psutil.NoSuchProcess):
                    how(each)
            _, self._below = psutil.wait_procs(self._below, timeout=3)


@contextlib.contextmanager
def practising(folder: Path, store: str) -> Iterator[Practice]:
    """Run a hub, and stop it afterwards whatever happened. Without its proxy: skipped here, a failure in CI."""
    proxy = ROOT / "node_modules" / ".bin" / "configurable-http-proxy"
    if not proxy.exists() or shutil.which("node") is None:
        cure = "JupyterHub's proxy is not installed. To install it: npm install --no-package-lock"
        if os.environ.get("CI"):
            pytest.fail(cure)
        pytest.skip(cure)
    practice = Practice(folder, str(proxy), store)
    try:
        practice.wait()
        yield practice
    finally:
        practice.stop()


def _free_ports(count: int) -> list[int]:
    """Return ports that no program uses now, each another: all are held until the last is chosen."""
    with contextlib.ExitStack() as held:
        return [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]


def _certify(folder: Path) -> None:
    """Write a key and a certificate of our own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    today = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName(f"*.{NAME}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none))
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(encoding))

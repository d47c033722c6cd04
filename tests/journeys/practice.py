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

    def __init__(self, folder: Path, proxy: str) -> None:
        self.folder = folder
        self.port, own, self.mailbox_port, routes = _free_ports(4)
        self.address = f"https://{NAME}:{self.port}"
        _certify(folder)
        (folder / "homes").mkdir()
        settings = {
            "HUB_FOLDER": str(folder),
            "HUB_PORT": str(self.port),
            "HUB_OWN_PORT": str(own),
            "HUB_PROXY": proxy,
            "HUB_MAILBOX_PORT": str(self.mailbox_port),
            "HUB_PROXY_PORT": str(routes),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(Path(__file__).with_name("hub_config.py"))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
                cwd=folder,
            )

    @property
    def log(self) -> Path:
        """All that the hub, its proxy and the servers say."""
        return self.folder / "hub.log"

    def wait(self, seconds: float = 120) -> None:
        """Wait until people can log in."""
        end = time.monotonic() + seconds
        while "JupyterHub is now running" not in (said := self.log.read_text("utf-8")):
            assert self.process.poll() is None, said
            assert time.monotonic() < end, said
            time.sleep(0.2)

    def server(self, person: str, path: str = "") -> str:
        """Return an address of a person's own server."""
        return f"https://{person}.{NAME}:{self.port}/user/{person}/{path}"

    def mailbox(self, person: str) -> Mailbox:
        """Return the mailbox as `lee`, a counselor, or `ann` reaches it; nobody else has a token."""
        return Mailbox(f"http://127.0.0.1:{self.mailbox_port}/services/mailbox", f"token-of-{person}-{'0' * 32}")

    def journal(self, person: str) -> Path:
        return self.folder / "homes" / person / "Mend"

    def stop(self) -> None:
        """End the hub, and with it the proxy and everyone's server."""
        if self.process.poll() is not None:
            return
        below = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:  # it did not end them: they are ended here, each by its id
            self.process.kill()
            for each in below:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()


@contextlib.contextmanager
def practising(folder: Path) -> Iterator[Practice]:
    """Run a hub, and stop it afterwards whatever happened. Without its proxy: skipped here, a failure in CI."""
    proxy = ROOT / "node_modules" / ".bin" / "configurable-http-proxy"
    if not proxy.exists() or shutil.which("node") is None:
        cure = "JupyterHub's proxy is not installed. To install it: npm install --no-package-lock"
        if os.environ.get("CI"):
            pytest.fail(cure)
        pytest.skip(cure)
    practice = Practice(folder, str(proxy))
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

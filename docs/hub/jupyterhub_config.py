"""A hub for a practice on one machine, as debian.sh installs it. Not tried by us on a machine.

docs/hub.md says what each setting is for.
"""

import grp
import os
import pwd
import sys
from pathlib import Path

from jupyterhub.proxy import ConfigurableHTTPProxy
from tornado import web

c = get_config()  # noqa: F821 # JupyterHub brings it

domain = os.environ["MEND_DOMAIN"]  # debian.sh writes it into /etc/mend/hub.env
programs = Path(sys.executable).parent
known = Path("/var/lib/mend-hub/known")  # a file for each person who has a journal


def members(group: str) -> list[str]:
    """Return who is in a group of this machine; who came since the hub started comes with its next start."""
    return grp.getgrnam(group).gr_mem


class Quiet(ConfigurableHTTPProxy):
    """What passes the proxy is no sign of anyone, because an open page asks by itself: servers say who was there."""

    async def get_all_routes(self, *args):
        """Return where everyone is, without when something passed."""
        routes = await super().get_all_routes(*args)
        for route in routes.values():
            route["data"].pop("last_activity", None)
        return routes


# Addresses: the proxy, a service of its own, has TLS and sorts by name.
c.JupyterHub.bind_url = "https://:443"
c.JupyterHub.subdomain_host = f"https://{domain}"
c.JupyterHub.ssl_key = "/etc/mend/key.pem"
c.JupyterHub.ssl_cert = "/etc/mend/certificate.pem"
c.JupyterHub.proxy_class = Quiet
c.ConfigurableHTTPProxy.should_start = False  # its token is CONFIGPROXY_AUTH_TOKEN, in hub.env too
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:8001"
c.JupyterHub.last_activity_interval = 60  # so often a proxy that started anew is told again where everyone is
c.JupyterHub.cleanup_servers = False  # who is writing goes on while the hub starts again
c.JupyterHub.tornado_settings = {"headers": {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}}

# Login: an account of this machine, in the group `mend`; PAM counts wrong passwords.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.service = "mend"
c.PAMAuthenticator.allowed_groups = {"mend"}
c.JupyterHub.cookie_max_age_days = 0.5
c.JupyterHub.shutdown_on_logout = True
c.JupyterHub.allow_named_servers = False  # two servers would open one journal twice

# Each person's server: their account, their home, no way to the internet.
c.JupyterHub.spawner_class = "systemd"
c.Spawner.cmd = [str(programs / "workbook"), "hub"]
c.Spawner.environment = {"LANG": "C.UTF-8", "WORKBOOK_MAILBOX": "http://127.0.0.1:8710/services/mailbox"}
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!user", "access:services!service=mailbox"]
c.Spawner.http_timeout = 60  # seconds until it answers; 30 are few when many come at once
c.Spawner.mem_limit = "1G"  # eight open pages need 0.8
c.SystemdSpawner.extra_paths = [str(programs)]
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.isolate_devices = True
c.SystemdSpawner.disable_user_sudo = True
c.SystemdSpawner.unit_extra_properties = {
    "ProtectSystem": "full",
    "ProtectProc": "invisible",
    "IPAddressDeny": "any",
    "IPAddressAllow": "localhost",
    "TasksMax": "256",
}


# A person who had a journal and has none now gets no new one.
GONE = "Your journal is not where it was. Nothing new was begun. Please tell your service, and log in again later."


def remember(spawner) -> bool:
    """Say whether there is a journal, and note it beside the hub."""
    there = Path(pwd.getpwnam(spawner.user.name).pw_dir, "Mend", ".mend", "journal.json").exists()
    if there:
        known.mkdir(mode=0o700, exist_ok=True)
        (known / spawner.user.name).touch()
    return there


def refuse_empty(spawner) -> None:
    """Start no server for a person whose journal is gone: its volume may not be mounted."""
    if not remember(spawner) and (known / spawner.user.name).exists():
        problem = web.HTTPError(503, GONE)
        problem.jupyterhub_message = GONE
        raise problem


c.Spawner.pre_spawn_hook = refuse_empty
c.Spawner.post_stop_hook = remember

# Services. The culler stops who opened no page and saved no answer for half an hour; what is typed then survives
# in the page.
culler = ["-m", "jupyterhub_idle_culler", "--timeout=1800", "--max-age=43200", "--cull-every=300"]
store = "postgresql:///mailbox?host=/var/run/postgresql"  # no password: PostgreSQL asks the system which account it is
c.JupyterHub.services = [
    {"name": "culler", "command": [sys.executable, *culler]},
    {
        "name": "mailbox",
        "url": "http://127.0.0.1:8710",
        "command": [str(programs / "workbook"), "mailbox", "--store", store],
        "user": "mend-mailbox",
        "cwd": "/",
    },
]
c.JupyterHub.load_groups = {"counselors": {"users": members("mend-counselors")}}

# Roles. There are no `admin_users`: JupyterHub's admin enters everyone's server.
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=mailbox"]},
    {"name": "mailbox", "services": ["mailbox"], "scopes": ["read:users:name"]},
    {
        "name": "culler",
        "services": ["culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    },
    {
        "name": "operator",
        "users": members("mend-operators"),
        "scopes": ["admin-ui", "list:users", "read:users:activity", "servers", "delete:users"],
    },
]

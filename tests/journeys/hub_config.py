"""A JupyterHub for the tests: real in all but who may log in (anyone) and whose account the servers run in (ours)."""

import os
import sys
from pathlib import Path

from traitlets.config import get_config

here = Path(os.environ["HUB_FOLDER"])
c = get_config()

c.JupyterHub.bind_url = f"https://127.0.0.1:{os.environ['HUB_PORT']}"
c.JupyterHub.subdomain_host = f"https://mend.test:{os.environ['HUB_PORT']}"
c.JupyterHub.ssl_key = str(here / "key.pem")
c.JupyterHub.ssl_cert = str(here / "certificate.pem")
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['HUB_OWN_PORT']}"
c.JupyterHub.db_url = f"sqlite:///{here / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(here / "cookie_secret")
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['HUB_PROXY_PORT']}"
c.ConfigurableHTTPProxy.command = [os.environ["HUB_PROXY"]]
c.ConfigurableHTTPProxy.pid_file = str(here / "proxy.pid")

c.JupyterHub.cleanup_servers = False  # who is writing goes on while the hub starts again

c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True

at = f"http://127.0.0.1:{os.environ['HUB_MAILBOX_PORT']}"
run = [sys.executable, "-P", "-m", "workbook", "mailbox", "--store", os.environ["HUB_STORE"]]
own = {"PYTHONPATH": os.environ["PYTHONPATH"]}
c.JupyterHub.services = [{"name": "mailbox", "url": at, "command": run, "environment": own}]
clients = ["ann", "bea", *os.environ.get("HUB_PEOPLE", "").split()]
c.JupyterHub.load_groups = {
    "counselors": {"users": ["lee"]},
    "clients": {"users": clients},
}  # which makes them, too
c.JupyterHub.load_roles = [
    {"name": "mailbox", "services": ["mailbox"], "scopes": ["read:users:name"]},
    {"name": "user", "scopes": ["self", "access:services!service=mailbox"]},
]
c.JupyterHub.api_tokens = {
    f"token-of-{name}-{'0' * 32}": name for name in ("lee", *clients)
}  # as the hub's page makes them

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(here / "homes" / "{username}")
c.Spawner.cmd = [sys.executable, "-P", "-m", "workbook", "hub"]
c.Spawner.environment = {"WORKBOOK_MAILBOX": f"{at}/services/mailbox", "TZ": "UTC"}
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!user", "access:services!service=mailbox"]
c.Spawner.notebook_dir = "/"  # for another editor: Mend shows the journal, and nothing beside it
c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL", "TMPDIR"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 180  # a busy machine is no fault

if maker := os.environ.get("HUB_MAKER"):  # a token that makes people, and tokens for them, through the hub's API
    c.JupyterHub.services.append({"name": "maker", "api_token": maker})
    c.JupyterHub.load_roles.append({"name": "maker", "services": ["maker"], "scopes": ["admin:users", "tokens"]})

if idle := os.environ.get("HUB_IDLE"):  # seconds after which who is not there is stopped, by the settings of docs/hub
    import grp
    import runpy
    from types import SimpleNamespace

    from traitlets.config import Config

    theirs = Config()
    grp.getgrnam = lambda group: SimpleNamespace(gr_mem=[])  # this machine has no such groups
    beside = runpy.run_path(
        str(Path(__file__).parents[2] / "docs" / "hub" / "jupyterhub_config.py"), {"get_config": lambda: theirs}
    )
    [culler] = [each for each in theirs.JupyterHub.services if each["name"] == "culler"]
    command = [f"--timeout={idle}" if each.startswith("--timeout") else each for each in culler["command"]]
    command = ["--cull-every=3" if each.startswith("--cull-every") else each for each in command]
    c.JupyterHub.services.append({**culler, "command": command})
    c.JupyterHub.load_roles += [each for each in theirs.JupyterHub.load_roles if each["name"] == "culler"]
    if not os.environ.get("HUB_LOUD"):
        c.JupyterHub.proxy_class = beside["Quiet"]
    c.JupyterHub.activity_resolution = 1
    c.JupyterHub.last_activity_interval = 3
    c.Spawner.environment["JUPYTERHUB_ACTIVITY_INTERVAL"] = "3"

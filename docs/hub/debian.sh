#!/usr/bin/env bash
# Make a Debian machine (13 or newer) a hub for a practice: docs/hub/debian.sh mend.example.org
# Run as root in a checkout of Mend. Run again, it brings everything up to date. Not tried by us on a machine.
set -euo pipefail

domain=${1:?the name of the hub, such as mend.example.org}
source=$(cd "$(dirname "$0")/../.." && pwd)
here=/opt/mend
key=/etc/mend/key.pem
certificate=/etc/mend/certificate.pem

say() { printf '%s\n' "$*"; }
stop() {
  say "$*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || stop "Run this as root."

# TLS first: a certificate for the hub and, with a star, for each person's address below it.
if [ ! -s "$key" ] || [ ! -s "$certificate" ]; then
  stop "Put the key into $key and the certificate, with its chain, into $certificate; then run this again."
fi
command -v openssl > /dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends openssl; }
for name in "$domain" "someone.$domain"; do
  openssl x509 -in "$certificate" -noout -checkhost "$name" | grep -q 'does match' ||
    stop "The certificate in $certificate is not for $name. It has to be for $domain and *.$domain."
  getent ahosts "$name" > /dev/null || stop "$name has no address. Let $domain and *.$domain lead to this machine."
done

apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
  libpam-modules nodejs npm openssl postgresql python3 python3-venv
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || stop "The proxy needs Node.js 20 or newer."

# The versions that Mend's tests passed with, by hash. Its tests' tools come along and lie there unused.
[ -x "$here/bin/python" ] || python3 -m venv "$here"
"$here/bin/python" -m pip install --quiet --require-hashes --requirement "$source/requirements/tested.txt"
"$here/bin/python" -m pip install --quiet --require-hashes --no-deps --requirement "$source/docs/hub/requirements.txt"
"$here/bin/python" -m pip install --quiet --no-deps --no-build-isolation --force-reinstall "$source"
npm install --silent --global configurable-http-proxy@5.3.0
chmod -R go=rX "$here"

# Accounts: who may log in at the hub, who counsels, who operates; and one each for the proxy and the mailbox.
for group in mend mend-counselors mend-operators; do
  groupadd --force --system "$group"
done
for account in mend-proxy mend-mailbox; do
  id "$account" > /dev/null 2>&1 ||
    useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin "$account"
done
if [ -d /etc/ssh/sshd_config.d ]; then # people of the hub have no business in a shell
  say "DenyGroups mend" > /etc/ssh/sshd_config.d/mend.conf
  if systemctl is-active --quiet ssh; then systemctl reload ssh; fi
fi
cat > /etc/pam.d/mend << 'PAM'
# Login at the hub: after ten wrong passwords nothing is tried for a quarter of an hour.
auth    requisite                  pam_faillock.so preauth deny=10 unlock_time=900
auth    [success=1 default=ignore] pam_unix.so
auth    [default=die]              pam_faillock.so authfail deny=10 unlock_time=900
auth    required                   pam_faillock.so authsucc deny=10 unlock_time=900
account required                   pam_unix.so
PAM

# The mailbox's store: the account mend-mailbox, and nobody else, comes in by being it.
systemctl enable --quiet --now postgresql
if [ "$(runuser -u postgres -- psql -tAc "SELECT count(*) FROM pg_roles WHERE rolname = 'mend-mailbox'")" = 0 ]; then
  runuser -u postgres -- createuser mend-mailbox
fi
if [ "$(runuser -u postgres -- psql -tAc "SELECT count(*) FROM pg_database WHERE datname = 'mailbox'")" = 0 ]; then
  runuser -u postgres -- createdb --owner=mend-mailbox mailbox
fi
runuser -u postgres -- psql -qc 'REVOKE CONNECT ON DATABASE mailbox FROM PUBLIC'

# Settings, and what only root and the proxy may read.
install -d -m 0755 /etc/jupyterhub
install -d -m 0711 /etc/mend
install -d -m 0700 /var/lib/mend-hub
install -m 0644 "$source/docs/hub/jupyterhub_config.py" /etc/jupyterhub/jupyterhub_config.py
chown root:mend-proxy "$key" "$certificate"
chmod 0640 "$key" "$certificate"
if [ ! -s /etc/mend/proxy.env ]; then
  (umask 077 && say "CONFIGPROXY_AUTH_TOKEN=$(openssl rand -hex 32)" > /etc/mend/proxy.env)
fi
(umask 077 && say "MEND_DOMAIN=$domain" > /etc/mend/hub.env)

cat > /etc/systemd/system/mend-proxy.service << UNIT
[Unit]
Description=What browsers reach of the hub
After=network-online.target
Wants=network-online.target

[Service]
User=mend-proxy
EnvironmentFile=/etc/mend/proxy.env
ExecStart=$(command -v configurable-http-proxy) --port=443 --redirect-port=80 --host-routing \\
  --ssl-key=$key --ssl-cert=$certificate --api-ip=127.0.0.1 --api-port=8001 \\
  --default-target=http://127.0.0.1:8081 --error-target=http://127.0.0.1:8081/hub/error --log-level=warn
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
Restart=always

[Install]
WantedBy=multi-user.target
UNIT

cat > /etc/systemd/system/mend-hub.service << UNIT
[Unit]
Description=Mend for a practice (JupyterHub)
After=mend-proxy.service postgresql.service
Requires=mend-proxy.service
Wants=postgresql.service
# No hub before the disk with people's homes is there: an empty folder would become a new journal.
RequiresMountsFor=/home

[Service]
EnvironmentFile=/etc/mend/proxy.env
EnvironmentFile=/etc/mend/hub.env
WorkingDirectory=/var/lib/mend-hub
ExecStart=$here/bin/jupyterhub -f /etc/jupyterhub/jupyterhub_config.py
UMask=0077
PrivateTmp=yes
Restart=always

[Install]
WantedBy=multi-user.target
UNIT

systemctl daemon-reload
systemctl enable --quiet mend-proxy mend-hub
systemctl restart mend-proxy mend-hub
say "The hub is starting: https://$domain. Who may log in is added as docs/hub.md says; what it says itself: journalctl -u mend-hub"

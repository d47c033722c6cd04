"""Many counselors on one PostgreSQL server: whose each row is, and how the server watches over it besides us.

Every statement of `store` names its owner. Row-level security is the second door: a connection says whose it is
(`mend.owner`), and sees, changes and removes nothing else, as long as `caseloads` keeps that owner for its account.
"""

from __future__ import annotations

import sqlalchemy as sa

TABLES = ("answers", "events", "records")

# What a row must be for a connection to see it, and what it must be when it is written. An older row bears the public
# key it was asked with until that counselor opens the caseload: see `claim`.
_HERE = "owner = current_setting('mend.owner', true) AND role = current_user"
_OWN = f"owner = (SELECT own.owner FROM caseloads AS own WHERE own.{_HERE})"  # noqa: S608 # our own names
_KEYED = "owner LIKE 'age1%' AND owner = ANY (string_to_array(current_setting('mend.keys', true), ','))"

_ROOM = (
    "CREATE TABLE caseloads (owner text PRIMARY KEY CHECK (owner ~ '^[0-9a-f]{32}$'), role text NOT NULL)",
    "CREATE TABLE unclaimed (entries bigint NOT NULL)",
    "ALTER TABLE answers DROP CONSTRAINT answers_pkey",
    "ALTER TABLE answers ADD PRIMARY KEY (owner, client, item, occasion, version)",
)
# In an older database a client is the one's whose key stands in what they were asked. What was kept once for several
# counselors (a workbook of the first version) is then there once for each.
_ASKED = (
    "SELECT DISTINCT ON (client) client, payload->>'counselor_key' AS key FROM records"
    " WHERE owner = '' AND kind = 'assignment' AND payload->>'counselor_key' LIKE 'age1%'"
    " ORDER BY client, number DESC"
)
_PROVEN = (
    "INSERT INTO records (client, kind, key, at, payload, owner)"
    " SELECT shared.client, shared.kind, shared.key, shared.at, shared.payload, theirs.counselor FROM records AS shared"
    " JOIN (SELECT DISTINCT payload->>'workbook' AS workbook, payload->>'counselor_key' AS counselor FROM records"
    " WHERE kind = 'assignment' AND payload->>'counselor_key' LIKE 'age1%') AS theirs ON shared.key = theirs.workbook"
    " WHERE shared.kind = 'workbook' ORDER BY shared.number",
    "DELETE FROM records AS shared WHERE kind = 'workbook' AND owner = '' AND EXISTS (SELECT 1 FROM records AS theirs"
    " WHERE theirs.kind = 'workbook' AND theirs.key = shared.key AND theirs.owner <> '')",
    f"CREATE TEMPORARY TABLE asked ON COMMIT DROP AS {_ASKED}",
    *(
        f"UPDATE {table} AS its SET owner = asked.key FROM asked WHERE its.client = asked.client"  # noqa: S608 # ours
        for table in TABLES
    ),
    "INSERT INTO unclaimed SELECT count(*) FROM (SELECT owner FROM answers UNION ALL SELECT owner FROM events"
    " UNION ALL SELECT owner FROM records) AS every WHERE owner = '' HAVING count(*) > 0",
)

_WATCHED = (
    "CREATE INDEX events_owned ON events (owner, number)",
    "CREATE INDEX records_owned ON records (owner, kind, client, key, number)",
    "ALTER TABLE caseloads ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE caseloads FORCE ROW LEVEL SECURITY",
    "CREATE POLICY its_own ON caseloads USING (" + _HERE + ")",
    *(
        statement.format(table=table)
        for table in TABLES
        for statement in (
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY its_own ON {{table}} USING ({_OWN} OR ({_KEYED})) WITH CHECK ({_OWN})",
        )
    ),
)


def divide(connection: sa.Connection) -> None:
    """Give each row of an older database to the key that proves whose it is, and let the server watch from now on."""
    for statement in (*_ROOM, *_PROVEN, *_WATCHED):
        connection.execute(sa.text(statement))

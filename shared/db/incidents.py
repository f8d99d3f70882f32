"""Incidents: how things stand, which trouble that is, and who has to be told of it still."""

import json
from collections.abc import Sequence
from typing import Final

from psycopg.rows import DictRow

from shared.db.connection import Database, Question
from shared.db.incident_facts import Incident, Measured, Trouble

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY

# Counts of what went well are asked for only where something went wrong: they are the dear ones, and without them a
# rate is nought. They go from one organisation to the next, because that is how photos are ordered; what was deleted
# since was stored all the same. What its client never finished did not fail.
MEASURE = """
WITH failed AS (
    SELECT count(*) AS n FROM uploads
     WHERE state = 'failed' AND failure_type IS DISTINCT FROM 'abandoned'
       AND finished_at > now() - %(hour)s * interval '1 second' AND finished_at <= now()
), unrecovered AS (
    SELECT count(*) AS n FROM uploads
     WHERE state = 'open' AND failure_class = 'transient' AND created_at < now() - %(day)s * interval '1 second'
), retried AS (
    SELECT coalesce(sum(attempted), 0) AS attempted, coalesce(sum(success), 0) AS success FROM retry_logs
     WHERE created_at > now() - %(day)s * interval '1 second'
), audited AS (
    SELECT state, stopped FROM audits WHERE state <> 'running' ORDER BY began_at DESC LIMIT 1
)
SELECT (SELECT n FROM failed) AS failed,
       CASE WHEN (SELECT n FROM failed) > 0 THEN
            (SELECT coalesce(sum(c.n), 0) FROM organizations o CROSS JOIN LATERAL (
                 SELECT count(*) AS n FROM photos p
                  WHERE p.org_id = o.id AND p.deleted_at IS NULL
                    AND p.uploaded_at > now() - %(hour)s * interval '1 second') c)
            + (SELECT count(*) FROM photos
                WHERE deleted_at > now() - %(hour)s * interval '1 second' AND deleted_at <= now()
                  AND uploaded_at > now() - %(hour)s * interval '1 second')
       ELSE 0 END::bigint AS stored,
       (SELECT attempted FROM retried)::bigint AS retried, (SELECT success FROM retried)::bigint AS recovered,
       (SELECT n FROM unrecovered) AS unrecovered,
       CASE WHEN (SELECT n FROM unrecovered) > 0 THEN
            (SELECT coalesce(sum(c.n), 0) FROM organizations o CROSS JOIN LATERAL (
                 SELECT count(*) AS n FROM photos p
                  WHERE p.org_id = o.id AND p.deleted_at IS NULL
                    AND p.uploaded_at > now() - %(week)s * interval '1 second') c)
            + (SELECT count(*) FROM uploads
                WHERE state = 'failed' AND failure_type IS DISTINCT FROM 'abandoned'
                  AND finished_at > now() - %(week)s * interval '1 second' AND finished_at <= now())
       ELSE 0 END::bigint AS ended_in_week,
       (SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM breakers WHERE state <> 'closed') AS open_breakers,
       (SELECT count(*) FROM outbox WHERE dead_at IS NOT NULL) AS dead_news,
       (SELECT count(*) FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
         WHERE d.state = 'dead' AND d.ended_at > now() - %(day)s * interval '1 second' AND w.ended_at IS NULL
       ) AS dead_deliveries,
       (SELECT count(*) FROM uploads
         WHERE state = 'open' AND lease_until < now() - %(overdue)s * interval '1 second') AS stuck_leases,
       (SELECT stopped FROM audited WHERE state = 'stopped') AS audit_stopped,
       (SELECT count(*) FROM photos WHERE missing_at IS NOT NULL AND deleted_at IS NULL) AS missing
"""

# One open incident of a kind, however often it is seen. It is over when it was not seen for a while: what comes and
# goes around its threshold is one incident.
NOTE_INCIDENTS = """
WITH seen AS (
    SELECT kind, facts FROM jsonb_to_recordset(%(troubles)s::jsonb) AS t (kind text, facts jsonb)
), noted AS (
    INSERT INTO incidents AS i (kind, facts) SELECT kind, facts FROM seen
    ON CONFLICT (kind) WHERE ended_at IS NULL DO UPDATE SET seen_at = now(), facts = excluded.facts
    RETURNING i.id
)
UPDATE incidents i SET ended_at = now()
 WHERE i.ended_at IS NULL AND i.seen_at <= now() - %(quiet)s * interval '1 second'
   AND NOT EXISTS (SELECT FROM seen s WHERE s.kind = i.kind)
"""

UNTOLD_INCIDENTS = """
SELECT id, kind, facts, began_at, ended_at FROM incidents
 WHERE ended_at IS NULL AND told_at IS NULL OR ended_at IS NOT NULL AND end_told_at IS NULL
 ORDER BY began_at, kind
"""

# Told at its end, it need not be told from its beginning any more.
TOLD_INCIDENT = """
UPDATE incidents SET told_at = coalesce(told_at, now()),
       end_told_at = CASE WHEN %(ended)s::bool THEN coalesce(end_told_at, now()) ELSE end_told_at END
 WHERE id = %(id)s
"""


class PostgresIncidents:
    """Two that look at the same time see one incident; told is what was told, perhaps twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self, overdue: float) -> Measured:
        """How things stand; leases count as stuck when they are over for so many seconds."""
        windows = {"hour": HOUR, "day": DAY, "week": WEEK, "overdue": overdue}
        (row,) = self._database.ask(Question(MEASURE, windows))
        return Measured(**row)

    def note(self, troubles: Sequence[Trouble], quiet: float) -> list[Incident]:
        """Write down what is seen, end what was not seen for so many seconds, and say what nobody was told of."""
        seen = json.dumps([{"kind": trouble.kind, "facts": dict(trouble.facts)} for trouble in troubles])
        rows = self._database.ask(
            Question(NOTE_INCIDENTS, {"troubles": seen, "quiet": quiet}), Question(UNTOLD_INCIDENTS, {})
        )
        return [_incident(row) for row in rows]

    def told(self, incident: Incident) -> None:
        """Somebody knows of it, as it was."""
        params = {"id": incident.id, "ended": incident.ended_at is not None}
        self._database.ask(Question(TOLD_INCIDENT, params))


def _incident(row: DictRow) -> Incident:
    return Incident(row["id"], row["kind"], row["facts"], row["began_at"], row["ended_at"])

"""Which photos look like one, and which say the words that somebody looks for."""

from datetime import datetime
from uuid import UUID

from shared.db.connection import Database, Question
from shared.db.members import ask_as_member
from shared.db.photo_rows import _JOINS, _UPLOAD, upload_of
from shared.photos import Caller, Upload
from shared.photos.search import Alike, Looks

# Up to so many candidates, each is looked at: that is exact, and quicker than the index of likeness, which knows
# nothing of organisations and must pass by everybody else's photos.
MOST_COMPARED = 10_000

# For the index of likeness: go on until enough of what it finds is ours; and find by it at all, for the planner
# believes every organisation to be small behind row-level security, and would compare all photos of a large one.
GO_ON = """
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
       set_config('hnsw.max_scan_tuples', '100000', true),
       set_config('hnsw.scan_mem_multiplier', '8', true),
       set_config('enable_sort', 'off', true),
       set_config('jit', 'off', true)
"""

# Read it downwards. `source` is the vector that is asked about: a photo's, or one that is given. `pool` is what may
# be found at all, as far as it is worth to compare each; when it is not `small`, the index is asked instead. A page
# is cut from the order of finding, which is the same for the next page, and that of the index nearly by distance.
_ALIKE = """
WITH asked AS (
    SELECT u.photo_id FROM uploads u LEFT JOIN photos p ON p.id = u.photo_id
     WHERE u.id = %(similar_to)s::uuid AND u.org_id = %(org_id)s AND u.state <> 'failed' AND p.deleted_at IS NULL
), source AS MATERIALIZED (
    SELECT e.embedding, e.model FROM asked a JOIN embeddings e ON e.photo_id = a.photo_id AND e.org_id = %(org_id)s
     UNION ALL
    SELECT %(vector)s::vector, %(model)s::text WHERE %(vector)s::text IS NOT NULL
), pool AS MATERIALIZED (
    (SELECT p.id FROM photos p
      WHERE %(q)s::text IS NULL AND p.org_id = %(org_id)s AND p.deleted_at IS NULL
        AND (%(project_id)s::uuid IS NULL OR p.project_id = %(project_id)s::uuid)
      LIMIT %(most)s + 1)
     UNION ALL
    SELECT s.id FROM photos_saying(%(q)s::text, %(project_id)s::uuid, 'infinity',
                                   'ffffffff-ffff-ffff-ffff-ffffffffffff', %(most)s::int + 1) s
     WHERE %(q)s::text IS NOT NULL
), small AS MATERIALIZED (
    SELECT count(*) <= %(most)s AS yes FROM pool
), compared AS (
    SELECT e.photo_id, (e.embedding <=> (SELECT embedding FROM source)) + 0 AS distance
      FROM pool l JOIN embeddings e ON e.photo_id = l.id
     WHERE (SELECT yes FROM small) AND e.org_id = %(org_id)s AND e.model = (SELECT model FROM source)
       AND NOT EXISTS (SELECT FROM asked a WHERE a.photo_id = e.photo_id)
     ORDER BY distance, e.photo_id LIMIT %(limit)s OFFSET %(skip)s
), near AS (
    SELECT e.photo_id, e.embedding <=> (SELECT embedding FROM source) AS distance
      FROM embeddings e JOIN photos p ON p.id = e.photo_id
     WHERE NOT (SELECT yes FROM small) AND e.org_id = %(org_id)s AND e.model = (SELECT model FROM source)
       AND NOT EXISTS (SELECT FROM asked a WHERE a.photo_id = e.photo_id)
       AND p.org_id = %(org_id)s AND p.deleted_at IS NULL
       AND (%(project_id)s::uuid IS NULL OR p.project_id = %(project_id)s::uuid)
       AND (%(q)s::text IS NULL OR p.words @@ all_words(%(q)s::text))
     ORDER BY e.embedding <=> (SELECT embedding FROM source) LIMIT %(limit)s OFFSET %(skip)s
), page AS (
    SELECT photo_id, distance, row_number() OVER () AS n
      FROM (SELECT * FROM compared UNION ALL SELECT * FROM near) found
), told AS (
    SELECT EXISTS (SELECT FROM asked) AS known, EXISTS (SELECT FROM source) AS searchable
)
"""
ALIKE = (
    _ALIKE
    + "SELECT m.role, t.known, t.searchable AS comparable, g.distance,"
    + _UPLOAD
    + "FROM memberships m CROSS JOIN told t LEFT JOIN page g ON true"
    + " LEFT JOIN uploads u ON u.id = g.photo_id AND u.org_id = m.org_id"
    + _JOINS
    + """
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
 ORDER BY g.n
"""
)

_SAYING = """
WITH page AS (
    SELECT s.id, s.at FROM photos_saying(
        %(q)s::text, %(project_id)s::uuid, coalesce(%(after_at)s::timestamptz, 'infinity'),
        coalesce(%(after_id)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), %(limit)s::int) s
)
"""
SAYING = (
    _SAYING
    + "SELECT m.role,"
    + _UPLOAD
    + "FROM memberships m LEFT JOIN page g ON true LEFT JOIN uploads u ON u.id = g.id AND u.org_id = m.org_id"
    + _JOINS
    + """
 WHERE m.org_id = %(org_id)s AND m.actor_id = %(actor_id)s AND m.revoked_at IS NULL
 ORDER BY g.at DESC, g.id DESC
"""
)


class PhotoSearch:
    """One round trip for a page. It finds nothing before it is said for whom: it is made for callers alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def alike(self, caller: Caller, looks: Looks, *, skip: int, limit: int, most: int = MOST_COMPARED) -> Alike:
        """The nearest, less those that are skipped."""
        model, vector = looks.vector or (None, None)
        facts = {
            "similar_to": looks.similar_to,
            "model": model,
            "vector": None if vector is None else str(list(vector)),
            # Words that are a vector already narrow nothing down.
            "q": None if looks.vector else looks.q,
            "project_id": looks.project_id,
            "skip": skip,
            "limit": limit,
            "most": most,
        }
        rows = ask_as_member(self._database, ALIKE, caller, facts, Question(GO_ON, {}))
        found = tuple((upload_of(row), row["distance"]) for row in rows if row["upload_id"])
        return Alike(rows[0]["known"], rows[0]["comparable"], found)

    def saying(
        self, caller: Caller, q: str, project_id: UUID | None, *, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Upload]:
        """Those that say all of the words, newest first: those after a position, if one is given."""
        after_at, after_id = after or (None, None)
        facts = {"q": q, "project_id": project_id, "after_at": after_at, "after_id": after_id, "limit": limit}
        return [upload_of(row) for row in ask_as_member(self._database, SAYING, caller, facts) if row["upload_id"]]

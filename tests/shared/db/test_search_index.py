"""A small organisation is compared photo by photo, and a large one is searched by the index of likeness."""

import pytest

from shared.db.connection import Question
from shared.db.search import PhotoSearch
from tests.shared.db.likeness import a_row, asking, ids


@pytest.fixture
def row(stored):
    return a_row(stored)


@pytest.fixture
def alike(as_api, world):
    return asking(PhotoSearch(as_api), world)


OTHERS = """
SET session_replication_role = replica;
INSERT INTO photos (id, org_id, actor_id, attempt_id, upload_seq, file_name, bytes, mime, width, height)
SELECT md5(n::text)::uuid, %(org)s, 'x', md5(n::text)::uuid, n, 'f', 1, 'image/png', 1, 1
  FROM generate_series(1, 300) n;
INSERT INTO embeddings (photo_id, org_id, model, embedding)
SELECT p.id, p.org_id, 'm', e.embedding + noise.of_each::vector
  FROM embeddings e, photos p
 CROSS JOIN LATERAL (SELECT array_agg(0.1 * sin(p.upload_seq * n)) AS of_each FROM generate_series(1, 1024) n) noise
 WHERE p.actor_id = 'x' AND e.photo_id = %(near)s;
RESET session_replication_role;
ANALYZE
"""


def test_the_index_goes_on_until_enough_of_what_it_finds_is_ours(alike, world, row, sql_of):
    """All that lies nearest is somebody else's."""
    sql_of.execute(OTHERS.replace("%(org)s", f"'{world.other_org}'").replace("%(near)s", f"'{row[0]}'"))

    assert ids(alike(row[0], most=0)) == row[1:]


def test_a_large_organisation_is_searched_by_the_index_and_a_small_one_without_it(alike, as_api, world, row, sql_of):
    sql_of.execute(OTHERS.replace("%(org)s", f"'{world.org}'").replace("%(near)s", f"'{row[0]}'"))
    used = []

    for most in (100, 1_000):
        before = scans(as_api)
        alike(row[0], most=most)
        used.append(scans(as_api) - before)

    assert used == [1, 0]


def scans(database):
    """How often the index of likeness was asked so far."""
    query = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'embeddings_by_likeness'"
    database.ask(Question("SELECT pg_stat_force_next_flush()", {}))
    return database.ask(Question(query, {}))[0]["idx_scan"]

"""What looks alike is found nearest first, all of it, and of one organisation alone."""

from random import Random
from uuid import UUID, uuid4

import pytest

from shared.db.connection import Database, Question
from shared.db.search import PhotoSearch
from shared.errors import Forbidden
from shared.photos import Caller, Target
from shared.photos.search import Looks
from tests.shared.db.stored import Stored

DIMENSIONS = 1024


@pytest.fixture
def stored(world, sql_of):
    return Stored(world, sql_of)


@pytest.fixture
def as_api(database_url):
    """The API's own role, behind the wall: indexes that it may not use are of no use."""
    database = Database(f"{database_url}&options=-crole%3Dkeepsake_api")
    yield database
    database.close()


@pytest.fixture
def search(as_api, world):
    as_api.acting_for = world.org
    return PhotoSearch(as_api)


def vector(seed: int) -> list[float]:
    """Any vector, that has no neighbour."""
    return [round(Random(seed * 5_000 + n).gauss(0, 1), 4) for n in range(DIMENSIONS)]


def leaning(share: float, seed: int = 0) -> list[float]:
    """A vector that is so far from `vector(0)`: the more, the further."""
    return [round(a + share * b, 4) for a, b in zip(vector(0), vector(seed + 1), strict=True)]


def embed(sql, photo: UUID, values, *, model="m"):
    sql.execute(
        "INSERT INTO embeddings (photo_id, org_id, model, embedding)"
        " SELECT id, org_id, %s, %s FROM photos WHERE id = %s",
        (model, str(values), photo),
    )


@pytest.fixture
def row(stored, sql_of):
    """Photos, each a bit further from the first."""
    photos = [stored.photo(f"p{n}") for n in range(6)]
    for n, photo in enumerate(photos):
        embed(sql_of, photo, leaning(n / 10))
    return photos


@pytest.fixture
def alike(search, world):
    """Ask what looks like a photo; what is not said narrows nothing down."""

    def ask(photo=None, *, caller=None, skip=0, limit=10, most=10_000, **looks):
        asked = Looks(similar_to=photo, **looks)
        return search.alike(caller or world.member, asked, skip=skip, limit=limit, most=most)

    return ask


def ids(found):
    return [upload.id for upload, _ in found.found]


BOTH_WAYS = pytest.mark.parametrize("most", [10_000, 0], ids=["comparing each", "by the index"])


@BOTH_WAYS
def test_the_nearest_come_first_and_the_photo_itself_does_not(alike, row, most):
    found = alike(row[0], most=most)

    assert ids(found) == row[1:]
    distances = [distance for _, distance in found.found]
    assert distances == sorted(distances)
    assert 0 < distances[0] < distances[-1] < 1


@BOTH_WAYS
def test_pages_show_everything_once(alike, row, most):
    pages = [ids(alike(row[0], skip=skip, limit=2, most=most)) for skip in (0, 2, 4, 6)]

    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [photo for page in pages for photo in page] == row[1:]


@BOTH_WAYS
def test_nothing_of_another_model_or_deleted_or_of_another_organisation_is_found(alike, world, row, stored, most):
    other_model = stored.photo("other model")
    embed(stored.sql, other_model, leaning(0.01), model="another")
    stored.sql.execute("UPDATE photos SET attempt_id = NULL, deleted_at = now() WHERE id = %s", (row[1],))
    intention = world.intention("t", target=Target(project_id=world.other_project))
    (claim,) = world.ledger.claim(Caller("stranger", world.other_org), [intention], world.terms())
    world.ledger.commit(world.commit_of(claim, target=Target(project_id=world.other_project)))
    embed(stored.sql, claim.attempt.upload_id, leaning(0.01))

    found = ids(alike(row[0], most=most))

    assert found == row[2:]


@BOTH_WAYS
def test_a_project_and_words_narrow_down_what_is_alike(alike, world, row, stored, most):
    elsewhere = stored.photo("x", world.to_stop, name="red door.jpg")
    embed(stored.sql, elsewhere, leaning(0.05))
    stored.sql.execute("UPDATE photos SET tags = '{red}' WHERE id = %s", (row[4],))

    assert ids(alike(row[0], most=most))[0] == elsewhere
    assert ids(alike(row[0], project_id=world.project, most=most)) == row[1:]
    assert ids(alike(row[0], q="red", most=most)) == [elsewhere, row[4]]
    assert ids(alike(row[0], q="red", project_id=world.project, most=most)) == [row[4]]


@BOTH_WAYS
def test_a_vector_of_words_is_compared_like_that_of_a_photo(alike, search, world, row, most):
    given = Looks(q="a word that no photo says", vector=("m", vector(0)))

    found = search.alike(world.member, given, skip=0, limit=10, most=most)

    assert ids(found) == row


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


def test_an_upload_that_was_a_duplicate_stands_for_its_photo(alike, world, row, sql_of):
    twin = world.claim("twin", sha256="cd" * 32).attempt.upload_id
    sql_of.execute(
        "UPDATE uploads SET state = 'committed', photo_id = %s, finished_at = now(), resp_status = 200,"
        " resp_body = '{}' WHERE id = %s",
        (row[0], twin),
    )

    assert ids(alike(twin)) == row[1:]


def test_what_is_not_there_and_what_has_no_vector_yet_are_told_apart(alike, row, stored, sql_of):
    bare, waiting, gone = stored.photo("bare"), stored.pending("waiting"), stored.photo("gone")
    sql_of.execute("UPDATE photos SET attempt_id = NULL, deleted_at = now() WHERE id = %s", (gone,))

    told = {
        name: alike(photo)
        for name, photo in {
            "bare": bare,
            "waiting": waiting,
            "gone": gone,
            "nowhere": uuid4(),
            "there": row[0],
        }.items()
    }

    assert {name: (found.known, found.searchable) for name, found in told.items()} == {
        "bare": (True, False),
        "waiting": (True, False),
        "gone": (False, False),
        "nowhere": (False, False),
        "there": (True, True),
    }


def test_a_photo_that_nothing_is_like_finds_nothing_and_is_searchable_all_the_same(alike, stored, sql_of):
    alone = stored.photo("alone")
    embed(sql_of, alone, vector(0))

    found = alike(alone)

    assert (found.known, found.searchable, ids(found)) == (True, True, [])


def test_a_photo_of_another_organisation_is_one_that_there_is_not(alike, as_api, world, row):
    as_api.acting_for = world.other_org
    stranger = Caller("stranger", world.other_org)

    found = alike(row[0], caller=stranger)

    assert (found.known, found.found) == (False, ())


def test_who_is_no_member_finds_nothing(alike, search, world, row):
    gone = Caller("gone", world.org)

    with pytest.raises(Forbidden):
        alike(row[0], caller=gone)
    with pytest.raises(Forbidden):
        search.saying(gone, "photo", None, after=None, limit=10)

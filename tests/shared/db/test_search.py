"""What looks alike is found nearest first, all of it, and of one organisation alone."""

from uuid import uuid4

import pytest

from shared.db.search import PhotoSearch
from shared.errors import Forbidden
from shared.photos import Caller, Target
from tests.shared.db.likeness import a_row, asking, embed, ids, leaning, vector


@pytest.fixture
def row(stored):
    return a_row(stored)


@pytest.fixture
def alike(as_api, world):
    return asking(PhotoSearch(as_api), world)


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
def test_a_vector_of_words_is_compared_like_that_of_a_photo(alike, row, most):
    found = alike(q="a word that no photo says", vector=("m", vector(0)), most=most)

    assert ids(found) == row


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


def test_who_is_no_member_finds_nothing(alike, world, row):
    with pytest.raises(Forbidden):
        alike(row[0], caller=Caller("gone", world.org))

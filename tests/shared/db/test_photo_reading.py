"""Who may read what became of an upload, and what it says."""

from uuid import uuid4

import pytest

from shared.db.photos import PhotoReader
from shared.errors import Forbidden
from shared.photos import Caller, PhotoStatus, Role, Target


@pytest.fixture
def photos(database):
    return PhotoReader(database)


@pytest.mark.parametrize("who", ["gone", "stranger", "nobody"])
def test_whoever_is_not_a_member_is_told_so_for_every_id(world, stored, photos, who):
    mine = stored.photo("a")
    caller = Caller(who, world.org)

    for upload_id in (mine, uuid4()):
        with pytest.raises(Forbidden, match="not a member"):
            photos.find(caller, upload_id)
    with pytest.raises(Forbidden, match="not a member"):
        photos.page(caller, Target(), status=None, since=None, until=None, after=None, limit=10)


def test_a_member_finds_neither_what_is_another_organisations_nor_what_is_nowhere(world, stored, photos):
    mine = stored.photo("a")
    other = Caller("stranger", world.other_org)

    assert photos.find(other, mine) is None
    assert photos.find(other, uuid4()) is None


def test_a_member_finds_the_photo_with_the_role_to_judge_by(world, stored, photos):
    mine = stored.photo("a")

    found = [photos.find(Caller(who, world.org), mine) for who in ("member", "viewer", "admin")]

    assert [upload.role for upload in found] == [Role.MEMBER, Role.VIEWER, Role.ADMIN]
    assert {upload.photo.id for upload in found} == {mine}
    assert found[0].status is PhotoStatus.UPLOADED


def test_an_upload_that_is_not_stored_yet_shows_its_open_tries(world, stored, photos):
    waiting = stored.pending("a")

    found = photos.find(world.member, waiting)

    assert found.photo is None
    assert found.status is PhotoStatus.PENDING_UPLOAD
    assert [attempt.number for attempt in found.intents] == [1]


def test_a_size_that_nobody_said_is_not_zero(world, stored, photos, sql_of):
    waiting = stored.pending("a")
    sql_of.execute("UPDATE uploads SET door = 'direct', size = NULL")

    assert photos.find(world.member, waiting).declared.size is None


def test_a_photo_that_was_replaced_names_its_successor(world, stored, photos):
    old = stored.photo("old", world.to_stop)
    new = stored.photo("new", world.to_stop)

    assert photos.successor(world.member, old) == new
    assert photos.successor(world.member, new) is None
    assert photos.successor(Caller("stranger", world.other_org), old) is None

"""DELETE /api/v1/photos/{id}: who may, what it answers, and what everybody is told afterwards."""

from uuid import uuid4

import pytest


def test_deleting_says_since_when_and_says_it_again(api, stored):
    photo = stored.photo("a")

    first, second = api.ask("DELETE", f"/{photo}"), api.ask("DELETE", f"/{photo}")

    assert (first.status, second.status) == (200, 200)
    assert first.json == second.json == {"photo_id": str(photo), "deleted_at": first.json["deleted_at"]}
    assert first.json["deleted_at"].endswith("Z")


def test_others_are_told_at_once_and_only_once(api, stored, sql_of):
    photo = stored.photo("a")

    api.ask("DELETE", f"/{photo}")
    api.ask("DELETE", f"/{photo}")

    assert api.bell.rung == 1
    assert sql_of.execute("SELECT count(*) FROM outbox WHERE topic = 'photo.deleted'").fetchone() == (1,)


def test_a_deleted_photo_is_in_no_list(api, stored):
    photo = stored.photo("a")

    api.ask("DELETE", f"/{photo}")

    assert api.get().json["photos"] == []


def test_the_key_of_a_deleted_photo_is_not_answered_with_a_photo(api, stored, world):
    photo = stored.photo("a", sha="cd" * 32)

    api.ask("DELETE", f"/{photo}")

    reply = world.claim("a", sha256="cd" * 32).reply
    assert (reply.status, reply.body["code"]) == (410, "gone")
    assert "new Idempotency-Key" in reply.body["message"]


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("member", 200), ("admin", 200), ("gone", 403)])
def test_whoever_may_upload_may_delete(api, stored, sql_of, who, status):
    photo = stored.photo("a")

    assert api.ask("DELETE", f"/{photo}", who=who).status == status
    gone = sql_of.execute("SELECT deleted_at IS NOT NULL FROM photos").fetchone()
    assert gone == (status == 200,)


def test_nobody_deletes_what_is_another_organisations(api, stored, sql_of):
    photo = stored.photo("a")

    foreign, nowhere = (api.ask("DELETE", f"/{each}", **api.outsider()) for each in (photo, uuid4()))

    assert (foreign.status, nowhere.status) == (404, 404)
    assert foreign.json["detail"] == nowhere.json["detail"]
    assert sql_of.execute("SELECT deleted_at FROM photos").fetchone() == (None,)


def test_what_is_not_stored_yet_cannot_be_deleted(api, stored):
    waiting = stored.pending("a")

    answer = api.ask("DELETE", f"/{waiting}")

    assert (answer.status, answer.json["code"]) == (409, "upload_not_ready")
    assert api.get(f"/{waiting}").json["status"] == "pending_upload"


def test_a_broken_bell_does_not_undo_a_deletion(api, stored):
    from shared.errors import StoreUnavailable

    def broken():
        raise StoreUnavailable

    photo = stored.photo("a")
    api.bell.ring = broken

    assert api.ask("DELETE", f"/{photo}").status == 200


def test_the_stop_of_a_deleted_photo_can_be_done_again(api, stored, world, sql_of):
    photo = stored.photo("a", world.to_stop)

    api.ask("DELETE", f"/{photo}")
    again = stored.photo("b", world.to_stop)

    assert sql_of.execute("SELECT photo_id, done FROM hunt_progress").fetchall() == [(again, True)]
    assert api.get(f"/{photo}").status == 410

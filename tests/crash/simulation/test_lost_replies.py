"""Replies that are lost at the worst moment: what the random schedules found once, kept as schedules by name."""

from shared.errors import StoreRefused
from shared.photos import AttemptState, UploadState
from tests.crash.simulation import actors
from tests.crash.simulation.faults_of_calls import Fate
from tests.crash.simulation.memory_store import PHOTOS
from tests.crash.simulation.script import A_LEASE, Script
from tests.crash.simulation.world import IN_S3


def test_a_place_is_allotted_once_although_it_was_asked_for_twice():
    """The connection breaks after the allotment was applied, and the adapter asks again."""
    script = Script()
    client = script.client("A0")
    script.meets(client, "put cloudinary", Fate.LATE)
    script.meets(client, "allot", Fate.TWICE)

    script.ends(client)

    assert [attempt.number for attempt in script.world.tables.attempts.values()] == [1, 2]
    script.rests()


def test_an_older_attempt_is_not_left_behind_when_neither_condemning_nor_parking_works():
    """The upload is let go, with a first attempt that nobody decided."""
    script = Script()
    client = script.client("A0")
    script.meets(client, "put cloudinary", Fate.LATE)
    script.meets(client, "condemn", Fate.REFUSED)
    script.meets(client, "put s3", Fate.LATE)

    script.ends(client)

    states = {attempt.state for attempt in script.world.tables.attempts.values()}
    assert states == {AttemptState.CONDEMNED}
    script.rests()


def test_a_promised_place_is_kept_although_the_reply_to_the_promise_was_lost():
    """Who lost it wants to take the place back; the next request trusts in it."""
    script = Script()
    first = script.client("A0")
    script.meets(first, "put cloudinary", Fate.LATE)
    script.meets(first, "promise", Fate.LOST)
    script.ends(first)
    second = script.client("A1")
    script.meets(second, "put cloudinary", Fate.LATE)

    script.ends(second)

    script.rests()


def test_a_target_in_s3_is_not_parked_in_s3():
    """It could not be brought from there to where it belongs: the client is told to send it again."""
    script = Script()
    client = script.client("A0", target=IN_S3)
    script.meets(client, "put s3", Fate.LATE)
    script.ends(client)

    script.waits(A_LEASE)
    script.runs("retry", actors.retry_worker)

    assert len(script.world.tables.attempts) == 1
    script.rests()


def test_the_same_photo_comes_to_cloudinary_once():
    """Cloudinary tells an MD5 only; what was proved by it is the digest that tells twins."""
    script = Script()
    script.ends(script.client("A0", key="k0"))

    script.ends(script.client("A1", key="k1", content=PHOTOS[0]))

    assert len(script.world.tables.photos) == 1
    script.rests()


def test_an_upload_that_ends_takes_its_older_attempt_along():
    """A0 dies while its bytes are under way; A1 takes over, and is refused for good."""
    script = Script()
    dead, successor = script.client("A0"), script.client("A1")
    script.meets(dead, "put cloudinary", Fate.LATE)
    script.scheduler.kill(dead)
    script.waits(A_LEASE)
    script.up_to(successor, "put cloudinary")
    script.refuses(successor, StoreRefused)
    script.ends(successor)
    assert [row.state for row in script.world.tables.uploads.values()] == [UploadState.FAILED]
    script.lands("put cloudinary")
    script.rests()

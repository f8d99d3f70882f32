"""Whether every committed photo gets its renditions once, whatever messages, stores and images do."""

import io
import random
from hashlib import sha256

import pytest
from PIL import Image

from shared.errors import StoreUnavailable, UnprocessableImage
from shared.imaging.child import DecoderDied
from shared.photos import StoreName
from tests.shared.imaging.made import ORIENTATION, short, tiff
from tests.shared.stages.workshop import Context, drawn

SIDEWAYS = b"Exif\0\0" + tiff((short(ORIENTATION, 6),))


def names(shop, photo):
    renditions = shop.row(photo, "renditions")[0]
    return sorted(each["name"] for each in renditions.values())


def test_a_photo_gets_its_renditions_upright_and_is_completed(shop):
    photo = shop.photo(drawn(size=(600, 300), exif=SIDEWAYS))

    failed = shop.process(photo)

    width, height, placeholder, renditions = shop.row(photo, "width, height, placeholder, renditions")
    assert (failed, shop.row(photo)) == ([], ("completed", "embedding"))
    assert (width, height, len(placeholder) > 10) == (300, 600, True)
    assert (renditions["display"]["width"], renditions["thumb"]["height"]) == (300, 400)
    assert shop.row(photo, "exif->>'iso', exif->>'orientation'") == ("100", "6")
    for each in renditions.values():
        held = shop.aws.client("s3").get_object(Bucket=shop.bucket, Key=each["name"])
        body = held["Body"].read()
        assert (held["ContentType"], len(body)) == ("image/webp", each["bytes"])
        assert Image.open(io.BytesIO(body)).size == (each["width"], each["height"])
    assert shop.hinted("embed") == [str(photo)]
    assert len(shop.hinted("bell")) == 1


def test_renditions_are_named_after_the_attempt_and_whatever_makes_them(shop):
    photo = shop.photo()

    shop.process(photo)

    name = f"derived/test/{shop.world.org}/{photo}/1/"
    made_by = shop.stage(photo, "made_by")[0]
    assert made_by.startswith("1-pillow13.")
    assert names(shop, photo) == [f"{name}{made_by}/display.webp", f"{name}{made_by}/thumb.webp"]
    assert sorted(shop.objects()) == names(shop, photo)


def test_an_original_at_cloudinary_is_fetched_from_where_it_is_delivered(shop):
    photo = shop.photo(store=StoreName.CLOUDINARY)

    shop.process(photo)

    assert shop.row(photo) == ("completed", "embedding")
    assert sorted(shop.objects()) == names(shop, photo)


def test_messages_that_come_five_times_and_in_any_order_make_each_photo_once(shop):
    photos = [shop.photo(drawn(n)) for n in range(4)]
    messages = photos * 5
    random.Random(7).shuffle(messages)

    failed = shop.process(*messages)

    assert failed == []
    assert {shop.row(photo) for photo in photos} == {("completed", "embedding")}
    assert {shop.stage(photo, "tries") for photo in photos} == {(1,)}
    assert len(shop.objects()) == 2 * len(photos)
    assert sorted(shop.hinted("embed")) == sorted(map(str, photos))


def test_news_of_other_things_is_nobodys_work(shop):
    photo = shop.photo()

    failed = shop.process(f'{{"topic": "photo.deleted", "photo_id": "{photo}"}}', "{}")

    assert (failed, shop.row(photo)) == ([], ("uploaded", "uploaded"))


def test_a_malformed_message_fails_alone(shop):
    photo = shop.photo()
    nonsense = [
        "",
        "[]",
        '{"topic": "photo.committed"}',
        '{"topic": "photo.committed", "photo_id": "1"}',
        "[" * 100_000,
    ]

    failed = shop.process(*nonsense, photo)

    assert failed == [0, 1, 2, 3, 4]
    assert shop.row(photo) == ("completed", "embedding")


def test_one_bad_photo_among_ten_fails_alone_and_for_good(shop):
    photos = [shop.photo(drawn(n)) for n in range(10)]
    truncated = shop.photo(drawn(11, size=(300, 300))[:-200])
    batch = [*photos[:5], truncated, *photos[5:]]

    failed = shop.process(*batch)

    assert failed == []
    assert {shop.row(photo) for photo in photos} == {("completed", "embedding")}
    assert shop.row(truncated) == ("permanently_failed", "failed")
    assert shop.stage(truncated, "state, error_class, error_type") == ("failed", "permanent", "unprocessable_image")
    told = shop.sql.execute("SELECT payload->>'error_type' FROM outbox WHERE topic = 'photo.failed'").fetchall()
    assert told == [("unprocessable_image",)]


class Poison:
    """Kills the decoder whenever this image comes by."""

    def __init__(self, shop, body):
        self._render, self._body = shop.deps.render, body

    def __call__(self, source, seconds):
        if source == self._body:
            raise DecoderDied("The decoder died of this photo.", reason="killed by signal 9")
        return self._render(source, seconds)


def test_a_photo_that_kills_its_decoder_twice_is_not_tried_a_third_time(shop):
    poison = drawn(1)
    photo, other = shop.photo(poison), shop.photo(drawn(2))
    shop.deps.render = Poison(shop, poison)

    shop.process(photo, other)
    once = shop.stage(photo, "state, error_type, tries")
    shop.pass_time()
    shop.process(photo)

    assert once == ("due", "decoder_died", 1)
    assert shop.row(photo) == ("permanently_failed", "failed")
    assert shop.row(other) == ("completed", "embedding")


@pytest.fixture
def s3_is_down(shop, monkeypatch):
    def fail(*_, **__):
        raise StoreUnavailable("S3 cannot read right now.", failure_type="service_unavailable", retry_after=90)

    monkeypatch.setattr(shop.deps.direct_store, "read", fail)


@pytest.mark.usefixtures("s3_is_down")
def test_while_its_store_is_down_a_photo_waits_longer_each_time_and_fails_when_all_tries_are_spent(shop):
    photo = shop.photo()
    waits = []
    for _ in range(5):
        shop.process(photo)
        waits.append(shop.stage(photo, "round(extract(epoch FROM due_at - now()))::int, tries")[0])
        assert shop.row(photo) == ("processing", "processing")
        shop.pass_time()

    shop.process(photo)

    assert waits == pytest.approx([90, 300, 900, 3_600, 21_600], abs=2)
    assert shop.row(photo) == ("permanently_failed", "failed")
    assert shop.stage(photo, "error_type, error") == (
        "service_unavailable",
        "Max retries exceeded. S3 cannot read right now.",
    )


def test_workers_that_die_of_a_photo_one_after_the_other_are_followed_by_none(shop):
    photo = shop.photo()
    shop.sql.execute("UPDATE stages SET tries = 6")

    shop.process(photo)

    assert shop.row(photo) == ("permanently_failed", "failed")
    assert shop.stage(photo, "error_type, error") == ("max_retries_exceeded", "Max retries exceeded.")


def test_an_outage_is_nobodys_fault(shop):
    photo = shop.photo()
    shop.sql.execute(
        "INSERT INTO breakers (name, state, failure_count, opened_at) VALUES ('store:s3', 'open', 5, now())"
    )

    shop.process(photo)

    assert shop.stage(photo, "state, error_class, tries") == ("due", "outage", 0)
    shop.sql.execute("DELETE FROM breakers")
    shop.pass_time()
    shop.process(photo)
    assert shop.row(photo) == ("completed", "embedding")


@pytest.mark.parametrize(
    ("other", "knows_digest"),
    [(drawn(3)[:-1] + b"!", True), (drawn(3) + b"!", False), (drawn(3)[:-1], False)],
    ids=["other bytes", "longer", "shorter"],
)
def test_an_object_that_was_swapped_is_never_looked_into(shop, other, knows_digest):
    """The version that was committed is pinned; this is a ledger whose pin is lost."""
    photo = shop.photo(drawn(3))
    shop.aws.client("s3").put_object(Bucket=shop.bucket, Key=f"test/{shop.world.org}/{photo}/1", Body=other)
    shop.sql.execute("UPDATE attempts SET version = NULL")
    if not knows_digest:
        shop.sql.execute("UPDATE photos SET sha256 = NULL")

    shop.process(photo)

    assert shop.row(photo) == ("permanently_failed", "failed")
    assert shop.stage(photo, "error_type, error_class") == ("swapped", "permanent")
    assert shop.objects() == []


def test_an_object_on_top_of_the_committed_one_is_not_seen(shop):
    body = drawn(3, size=(80, 60))
    photo = shop.photo(body)
    shop.aws.client("s3").put_object(Bucket=shop.bucket, Key=f"test/{shop.world.org}/{photo}/1", Body=drawn(4))

    shop.process(photo)

    assert shop.row(photo, "status, width") == ("completed", 80)
    assert shop.row(photo, "sha256")[0] == sha256(body).digest()


def test_a_version_that_is_gone_fails_the_photo(shop):
    photo = shop.photo()
    shop.sql.execute("UPDATE attempts SET version = 'ffffffff-ffff-4fff-8fff-ffffffffffff'")

    shop.process(photo)

    assert shop.row(photo) == ("permanently_failed", "failed")


def test_what_was_stored_before_its_worker_died_is_found_by_the_next(shop, monkeypatch):
    photo = shop.photo()
    monkeypatch.setattr(
        type(shop.deps.stages), "processed", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        shop.process(photo)
    monkeypatch.undo()
    before = shop.objects()

    shop.pass_time()
    shop.process(photo)

    assert shop.row(photo) == ("completed", "embedding")
    assert sorted(shop.objects()) == sorted(before) == names(shop, photo)


def test_renditions_of_another_build_of_the_encoders_are_as_good(shop):
    photo = shop.photo()
    shop.process(photo)
    shop.sql.execute("UPDATE stages SET state = 'due', due_at = now(), ended_at = NULL WHERE stage = 'process'")
    display = names(shop, photo)[0]
    shop.aws.client("s3").put_object(Bucket=shop.bucket, Key=display, Body=b"other bytes")

    shop.process(photo)

    assert shop.stage(photo) == ("done",)
    assert shop.row(photo, "renditions->'display'->>'bytes'") == ("11",)


def test_a_photo_that_is_deleted_while_it_is_processed_leaves_nothing_once_it_is_reaped(shop):
    photo = shop.photo()
    render = shop.deps.render

    def deletes(source, seconds):
        shop.delete(photo)
        return render(source, seconds)

    shop.deps.render = deletes
    failed = shop.process(photo)

    assert (failed, shop.stage(photo)) == ([], ("stopped",))
    assert shop.row(photo, "renditions, placeholder") == ({}, None)
    assert len(shop.objects()) == 2
    reap_all(shop)
    assert (shop.objects(), shop.objects("test/")) == ([], [])


def reap_all(shop):
    from shared.resilience.budget import Budget
    from shared.uploads.recover import reap

    shop.sql.execute("UPDATE attempts SET reap_after = now() WHERE state = 'condemned'")
    for _ in range(3):
        reap(shop.deps, Budget.seconds(30))
        shop.sql.execute("UPDATE attempts SET next_look_at = now() WHERE next_look_at IS NOT NULL")
        shop.sql.execute("UPDATE attempts SET absent_at = absent_at - interval '10 minutes'")
    assert shop.sql.execute("SELECT DISTINCT state FROM attempts").fetchall() == [("reaped",)]


def test_what_a_late_worker_writes_is_found_by_the_second_look(shop):
    from shared.resilience.budget import Budget
    from shared.uploads.recover import reap

    photo = shop.photo()
    shop.delete(photo)
    shop.sql.execute("UPDATE attempts SET reap_after = now()")
    for _ in range(2):
        reap(shop.deps, Budget.seconds(30))
        shop.sql.execute("UPDATE attempts SET next_look_at = now(), absent_at = absent_at - interval '10 minutes'")
    late = f"derived/test/{shop.world.org}/{photo}/1/1-late/display.webp"
    shop.aws.client("s3").put_object(Bucket=shop.bucket, Key=late, Body=b"late")

    reap(shop.deps, Budget.seconds(30))

    assert shop.objects() == []
    assert shop.sql.execute("SELECT state FROM attempts").fetchall() == [("condemned",)], (
        "it must be looked for again"
    )
    reap_all(shop)


def test_who_has_no_time_left_leaves_the_photo_to_the_sweep_and_keeps_no_lease(shop):
    photo = shop.photo()

    failed = shop.process(photo, context=Context(milliseconds=59_000))

    assert failed == []
    assert shop.stage(photo, "state, tries, lease_until") == ("due", 0, None)


def test_a_ledger_that_cannot_be_reached_brings_the_message_back(shop, monkeypatch):
    photo = shop.photo()
    monkeypatch.setitem(vars(shop.deps), "_database", None)
    monkeypatch.setitem(shop.deps._env, "DATABASE_URL", "postgresql://127.0.0.1:1/none")
    from shared.db.connection import Database

    monkeypatch.setitem(vars(shop.deps), "_database", Database("postgresql://127.0.0.1:1/none"))

    assert shop.process(photo) == [0]


def test_where_nothing_is_embedded_a_processed_photo_is_ready(shop):
    shop.embedder = "none"
    photo = shop.photo()

    shop.process(photo)

    assert shop.row(photo) == ("completed", "ready")
    assert shop.hinted("embed") == []


def test_a_broken_queue_does_not_undo_what_is_done(shop):
    shop.queues["embed"] = shop.queues["bell"] = f"{shop.aws.endpoint}/000000000000/nowhere"
    photo = shop.photo()

    assert shop.process(photo) == []
    assert shop.row(photo) == ("completed", "embedding")


def test_a_refusal_of_the_image_keeps_what_was_known_of_it(shop):
    photo = shop.photo()

    def refuses(*_):
        raise UnprocessableImage("The picture ends in the middle.")

    shop.deps.render = refuses
    shop.process(photo)

    assert shop.row(photo, "width, height, exif") == (40, 30, {"iso": 100})
    assert shop.stage(photo, "error") == ("The picture ends in the middle.",)

"""Whether the rows of stages are the truth: one worker at a time, one result, and nothing for what is gone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.db.photos import PhotoReader
from shared.db.stages import PostgresStages
from shared.photos import RatePolicy, Reply
from shared.photos.stages import Made, Setback, Stage

LEASE = 180
OFTEN = RatePolicy("embed", 1_000, 1_000.0)
VECTOR = (1.0,) + 1023 * (0.0,)
MADE = Made(
    made_by="1-test",
    width=30,
    height=40,
    exif={"lens": "L"},
    warnings=("new",),
    placeholder="abc",
    animated=True,
    renditions={"display": {"name": "d", "bytes": 7}, "thumb": {"name": "t", "bytes": 3}},
)
LATER = Setback("transient", "no_answer", "S3 did not answer.", over=False, retry_in=60, spent=True)
NEVER = replace(LATER, error_class="permanent", error_type="unprocessable_image", over=True)
OUTAGE = replace(LATER, error_class="outage", spent=False)


@pytest.fixture
def photo(stored):
    return stored.photo("a")


@pytest.fixture
def stages(database) -> PostgresStages:
    return PostgresStages(database, new_id=uuid4)


@pytest.fixture
def row(sql_of, photo):
    """The columns of the photo, or of one of its stages."""

    def read(columns, stage=None):
        table = f"stages WHERE stage = '{stage}' AND photo_id" if stage else "photos WHERE id"
        return sql_of.execute(f"SELECT {columns} FROM {table} = %s", (photo,)).fetchone()

    return read


def told(sql_of):
    return sql_of.execute(
        "SELECT topic, payload FROM outbox WHERE topic IN ('photo.completed', 'photo.failed')"
    ).fetchall()


@pytest.fixture
def delete(database, stored, photo):
    """Let its owner delete the photo."""
    return lambda: PhotoReader(database).delete(stored.world.member, photo, stored.key_of(photo), Reply(410, {}))


def counts(sql_of):
    found = sql_of.execute("SELECT stage, sum(n)::int FROM progress_counts GROUP BY stage").fetchall()
    return {stage: n for stage, n in found if n}


def test_a_claim_hands_out_all_that_is_needed_and_the_photo_begins_to_be_processed(stages, world, photo, row, sql_of):
    work = stages.claim_process(photo, LEASE)

    assert (work.photo_id, work.org_id, work.store, work.version) == (photo, world.org, "s3", "v1")
    assert work.object_name == f"test/{world.org}/{photo}/1"
    assert (work.size, len(work.sha256), work.tries, work.last_error) == (2048, 64, 1, None)
    assert row("status, stage, processing_at IS NOT NULL") == ("processing", "processing", True)
    assert counts(sql_of) == {"processing": 1}


def test_whoever_comes_second_gets_nothing_until_the_lease_is_over(stages, photo, sql_of):
    first = stages.claim_process(photo, LEASE)
    second = stages.claim_process(photo, LEASE)
    sql_of.execute("UPDATE stages SET lease_until = now()")
    third = stages.claim_process(photo, LEASE)

    assert (first is None, second, third.tries) == (False, None, 2)
    assert stages.processed(first, MADE, embeds=False) is False


def test_a_claim_whose_answer_is_lost_finds_its_own_lease_and_spends_one_try(database, photo):
    token = uuid4()
    stages = PostgresStages(database, new_id=lambda: token)

    works = [stages.claim_process(photo, LEASE) for _ in range(2)]

    assert [work.tries for work in works] == [1, 1]


@pytest.mark.parametrize("change", ["state = 'done', due_at = NULL, ended_at = now()", "due_at = now() + '1 minute'"])
def test_nobody_claims_what_is_done_or_not_due(stages, photo, sql_of, change):
    sql_of.execute(f"UPDATE stages SET {change}")

    assert stages.claim_process(photo, LEASE) is None
    assert stages.claim_process(uuid4(), LEASE) is None


def test_the_end_of_processing_writes_the_photo_and_completes_it(stages, photo, row, sql_of):
    work = stages.claim_process(photo, LEASE)

    done = [stages.processed(work, MADE, embeds=False) for _ in range(2)]

    assert done == [True, True]
    assert row("width, height, exif, exif_warnings, placeholder, animated") == (
        *(30, 40, {"iso": 100, "lens": "L"}, ["new"]),
        *("abc", True),
    )
    assert row("status, stage, completed_at IS NOT NULL, renditions->'display'->>'name'") == (
        *("completed", "ready"),
        *(True, "d"),
    )
    assert row("state, made_by", "process") == ("done", "1-test")
    assert row("state, error_type", "embed") == ("stopped", "embedding_off")
    (news,) = told(sql_of)
    assert news[0] == "photo.completed"
    assert (news[1]["photo_id"], news[1]["display"], news[1]["thumb"]) == (str(photo), "d", "t")


def test_where_photos_are_embedded_the_next_stage_is_due_at_once(stages, photo, row):
    stages.processed(stages.claim_process(photo, LEASE), MADE, embeds=True)

    assert row("status, stage") == ("completed", "embedding")
    assert row("state, due_at <= now()", "embed") == ("due", True)


def test_an_organisation_with_a_detection_service_completes_its_photos_itself(stages, photo, row, sql_of):
    sql_of.execute("UPDATE organizations SET detection_types = '{face}'")

    stages.processed(stages.claim_process(photo, LEASE), MADE, embeds=False)

    assert row("status, stage, completed_at") == ("processing", "ready", None)
    assert told(sql_of) == []


def test_what_the_detection_service_said_already_is_not_taken_back(stages, photo, row, sql_of):
    sql_of.execute("UPDATE photos SET status = 'completed', completed_at = now()")

    work = stages.claim_process(photo, LEASE)
    stages.set_back(work, NEVER)

    assert row("status, stage") == ("completed", "failed")
    assert told(sql_of) == []


def test_a_setback_makes_it_due_later_and_says_so(stages, photo, row, sql_of):
    work = stages.claim_process(photo, LEASE)

    kept = [stages.set_back(work, LATER) for _ in range(2)]

    assert kept == [True, False]
    assert row("state, tries, error_class, error_type, lease_until", "process") == (
        *("due", 1, "transient"),
        *("no_answer", None),
    )
    assert row("due_at - now() BETWEEN '50 s' AND '61 s', hint_at = due_at", "process") == (True, True)
    assert row("status, stage") == ("processing", "processing")
    assert sql_of.execute("SELECT facts->>'error' FROM progress_events WHERE kind = 'retrying'").fetchall() == [
        ("no_answer",)
    ]


def test_an_outage_spends_no_try(stages, photo, row):
    stages.set_back(stages.claim_process(photo, LEASE), OUTAGE)

    assert row("tries, error_class", "process") == (0, "outage")


def test_what_is_over_fails_the_photo_and_is_told_with_its_reason(stages, photo, row, sql_of):
    stages.set_back(stages.claim_process(photo, LEASE), NEVER)

    assert row("status, stage, failed_at IS NOT NULL") == ("permanently_failed", "failed", True)
    assert row("state, error_type", "process") == ("failed", "unprocessable_image")
    ((topic, payload),) = told(sql_of)
    assert (topic, payload["error_type"], payload["detail"]) == (
        *("photo.failed", "unprocessable_image"),
        "S3 did not answer.",
    )


def test_a_failed_photo_that_a_person_makes_due_again_can_still_be_completed(stages, photo, row, sql_of):
    stages.set_back(stages.claim_process(photo, LEASE), NEVER)
    sql_of.execute("UPDATE stages SET state = 'due', due_at = now(), ended_at = NULL, tries = 0")

    stages.processed(stages.claim_process(photo, LEASE), MADE, embeds=False)

    assert row("status, stage") == ("completed", "ready")


def test_a_photo_that_is_deleted_stops_its_worker_and_keeps_nothing_that_was_made(stages, photo, delete, row, sql_of):
    first = stages.claim_process(photo, LEASE)
    stages.processed(first, MADE, embeds=True)
    work = stages.claim_embed(photo, LEASE, OFTEN)
    stages.embedded(work, "m", VECTOR)

    assert delete()

    assert row("renditions, placeholder") == ({}, None)
    assert sql_of.execute("SELECT count(*) FROM embeddings").fetchone() == (0,)
    assert counts(sql_of) == {}


@pytest.mark.parametrize("end", ["processed", "set_back"])
def test_a_worker_whose_photo_was_deleted_meanwhile_changes_nothing(stages, photo, delete, sql_of, end):
    work = stages.claim_process(photo, LEASE)
    assert delete()

    kept = stages.processed(work, MADE, embeds=True) if end == "processed" else stages.set_back(work, NEVER)

    assert kept is False
    assert sql_of.execute("SELECT state FROM stages").fetchall() == [("stopped",)]
    assert sql_of.execute("SELECT renditions, width FROM photos").fetchall() == [({}, 40)]
    assert told(sql_of) == []
    assert stages.claim_process(photo, LEASE) is None


def test_a_photo_with_other_bytes_is_due_again_and_its_old_worker_is_too_late(stages, photo, row, sql_of):
    """Completed it was, and completed it stays; but what was made of the old bytes goes with them."""
    stages.processed(stages.claim_process(photo, LEASE), MADE, embeds=False)
    sql_of.execute("UPDATE stages SET state = 'due', due_at = now(), ended_at = NULL WHERE stage = 'process'")
    late = stages.claim_process(photo, LEASE)
    sql_of.execute("UPDATE attempts SET state = 'condemned', condemned_at = now(), next_look_at = now()")
    sql_of.execute(
        "INSERT INTO attempts (id, upload_id, attempt_no, store, object_name, reap_after, state, bytes, committed_at)"
        " SELECT gen_random_uuid(), upload_id, 2, 's3', 'mended', now(), 'committed', bytes, now() FROM attempts"
    )

    sql_of.execute("UPDATE photos SET attempt_id = (SELECT id FROM attempts WHERE object_name = 'mended')")

    assert stages.processed(late, MADE, embeds=False) is False
    assert row("renditions, status, stage") == ({}, "completed", "uploaded")
    assert row("state, tries", "process") == ("due", 0)
    again = stages.claim_process(photo, LEASE)
    assert again.object_name == "mended"
    assert stages.processed(again, MADE, embeds=False) is True
    assert row("status, stage") == ("completed", "ready")
    assert counts(sql_of) == {"ready": 1}


def embedding(stages, photo):
    stages.processed(stages.claim_process(photo, LEASE), MADE, embeds=True)
    return stages.claim_embed(photo, LEASE, OFTEN)


def test_nothing_is_embedded_before_it_is_processed(stages, photo, sql_of):
    sql_of.execute("INSERT INTO stages (photo_id, stage, org_id) SELECT id, 'embed', org_id FROM photos")

    assert stages.claim_embed(photo, LEASE, OFTEN) is None


def test_a_vector_makes_the_photo_ready_and_another_one_takes_its_place(stages, photo, row, sql_of):
    work = embedding(stages, photo)
    assert (work.display_name, work.display_bytes) == ("d", 7)

    done = [stages.embedded(work, "m1", VECTOR) for _ in range(2)]
    stages.backfill("m2", 10)
    again = stages.embedded(stages.claim_embed(photo, LEASE, OFTEN), "m2", VECTOR)

    assert (done, again) == ([True, True], True)
    assert row("status, stage") == ("completed", "ready")
    assert sql_of.execute(
        "SELECT model, embedding <-> %s::vector FROM embeddings", (str(list(VECTOR)),)
    ).fetchall() == [("m2", 0.0)]


def test_a_photo_that_cannot_be_embedded_is_still_a_completed_photo(stages, photo, row, sql_of):
    stages.embedded(embedding(stages, photo), "m1", VECTOR)
    stages.backfill("m2", 10)

    stages.set_back(stages.claim_embed(photo, LEASE, OFTEN), NEVER, "m2")

    assert row("status, stage, failed_at") == ("completed", "failed", None)
    assert [topic for topic, _ in told(sql_of)] == ["photo.completed"]
    assert sql_of.execute("SELECT count(*) FROM embeddings").fetchone() == (0,)
    assert stages.backfill("m2", 10) == 0


def test_without_a_token_it_is_due_when_there_will_be_one_and_spends_no_try(stages, stored, sql_of):
    seldom = RatePolicy("embed", 1, 1 / 60)
    photos = [stored.photo(key) for key in "xy"]
    for each in photos:
        stages.processed(stages.claim_process(each, LEASE), MADE, embeds=True)

    works = [stages.claim_embed(each, LEASE, seldom) for each in photos]

    assert [work is None for work in works] == [False, True]
    found = (
        "SELECT tries, lease_until, due_at - now(), hint_at = due_at FROM stages WHERE photo_id = %s AND stage = %s"
    )
    tries, lease, wait, hinted = sql_of.execute(found, (photos[1], "embed")).fetchone()
    assert (tries, lease, hinted) == (0, None, True)
    assert timedelta(seconds=50) < wait < timedelta(seconds=61)


def test_the_sweep_takes_what_nobody_was_told_of_once_and_the_oldest_first(stages, stored, sql_of):
    photos = [stored.photo(key) for key in "xyz"]
    fresh = stages.take_unhinted(Stage.PROCESS, 10, 300)
    for age, each in enumerate(photos):
        sql_of.execute("UPDATE stages SET hint_at = now() - %s * interval '1 s' WHERE photo_id = %s", (age + 1, each))

    first, rest = (stages.take_unhinted(Stage.PROCESS, 2, 300) for _ in range(2))

    assert fresh == []
    assert set(first) == {photos[2], photos[1]}
    assert rest == [photos[0]]
    assert stages.take_unhinted(Stage.PROCESS, 10, 300) == []
    assert stages.take_unhinted(Stage.EMBED, 10, 300) == []


def test_the_sweep_finds_the_work_of_a_dead_worker_when_its_lease_is_over(stages, photo, sql_of):
    stages.claim_process(photo, LEASE)
    early = stages.take_unhinted(Stage.PROCESS, 10, 300)
    sql_of.execute(
        "UPDATE stages SET lease_until = lease_until - '181 s'::interval, hint_at = hint_at - '181 s'::interval"
    )

    assert (early, stages.take_unhinted(Stage.PROCESS, 10, 300)) == ([], [photo])


def test_the_backfill_goes_on_where_it_was_left_and_never_floods(stages, stored, sql_of):
    photos = [stored.photo(key) for key in "vwxyz"]
    for n, each in enumerate(photos):
        stages.processed(stages.claim_process(each, LEASE), MADE, embeds=n > 1)
    for each in photos[2:]:
        stages.embedded(stages.claim_embed(each, LEASE, OFTEN), "old", VECTOR)

    due = []
    while newly := stages.backfill("new", 2):
        assert stages.backfill("new", 2) == 0
        due.append(newly)
        for (each,) in sql_of.execute(
            "SELECT photo_id FROM stages WHERE stage = 'embed' AND state = 'due'"
        ).fetchall():
            assert stages.embedded(stages.claim_embed(each, LEASE, OFTEN), "new", VECTOR)

    assert due == [2, 2, 1]
    assert sql_of.execute("SELECT DISTINCT model FROM embeddings").fetchall() == [("new",)]
    assert sql_of.execute("SELECT DISTINCT stage, status FROM photos").fetchall() == [("ready", "completed")]

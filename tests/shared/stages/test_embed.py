"""Whether a processed photo gets its vector once, at the pace that the model allows, and fails alone."""

import pytest

from shared.search.errors import EmbedderBusy, EmbeddingRefused
from shared.search.vectors import DIMENSIONS
from tests.shared.stages.workshop import Context, drawn


class Model:
    """An embedder that does what it is told."""

    model = "model-2"
    understands_text = False

    def __init__(self, error=None):
        self.error, self.seen = error, []

    def of_image(self, jpeg_or_webp, timeout):
        self.seen.append(jpeg_or_webp)
        if self.error:
            raise self.error
        return (1.0,) + (DIMENSIONS - 1) * (0.0,)


def having(shop, model):
    vars(shop.deps)["embedder"] = model
    return model


@pytest.fixture
def photo(shop):
    made = shop.photo()
    shop.process(made)
    return made


def vectors(shop):
    return shop.sql.execute("SELECT photo_id, model FROM embeddings").fetchall()


def test_a_processed_photo_becomes_searchable_by_what_it_shows(shop, photo):
    failed = shop.embed(photo, photo)

    ((found, model),) = vectors(shop)
    assert (failed, found, model[:9]) == ([], photo, "open-nsfw")
    assert shop.row(photo) == ("completed", "ready")
    assert shop.stage(photo, "state, tries, made_by", "embed") == ("done", 1, model)


def test_the_model_sees_the_display_and_not_the_original(shop, photo):
    model = having(shop, Model())

    shop.embed(photo)

    name = shop.row(photo, "renditions->'display'->>'name'")[0]
    assert model.seen == [shop.aws.client("s3").get_object(Bucket=shop.bucket, Key=name)["Body"].read()]


def test_a_photo_is_embedded_only_after_it_was_processed(shop):
    photo = shop.photo()

    assert shop.embed(photo) == []
    assert vectors(shop) == []


def test_a_malformed_message_fails_alone(shop, photo):
    assert shop.embed("nonsense", '{"photo_id": null}', photo) == [0, 1]
    assert len(vectors(shop)) == 1


def test_a_model_that_is_busy_is_asked_again_later(shop, photo):
    having(shop, Model(EmbedderBusy("Later.", retry_after=120, failure_type="rate_limited")))

    shop.embed(photo)

    assert shop.stage(
        photo, "state, tries, error_type, round(extract(epoch FROM due_at - now()) / 10)::int", "embed"
    ) == (
        *("due", 1),
        *("rate_limited", 12),
    )
    assert shop.row(photo) == ("completed", "embedding")
    having(shop, Model())
    shop.pass_time()
    shop.embed(photo)
    assert shop.row(photo) == ("completed", "ready")


def test_a_photo_that_the_model_refuses_stays_completed_and_is_asked_no_more(shop, photo):
    model = having(shop, Model(EmbeddingRefused("No.", failure_type="refused")))

    shop.embed(photo)
    shop.pass_time()
    shop.embed(photo)

    assert (len(model.seen), shop.row(photo)) == (1, ("completed", "failed"))
    assert shop.stage(photo, "state, error_type", "embed") == ("failed", "refused")


def test_the_pace_of_the_model_is_kept_and_costs_no_tries(shop):
    shop.changes["EMBED_PER_MINUTE"] = "2"
    photos = [shop.photo(drawn(n)) for n in range(4)]
    shop.process(*photos)
    having(shop, Model())

    shop.embed(*photos)

    assert len(vectors(shop)) == 2
    waiting = shop.sql.execute("SELECT tries, due_at > now() FROM stages WHERE stage = 'embed' AND state = 'due'")
    assert waiting.fetchall() == 2 * [(0, True)]


def test_a_photo_that_is_deleted_while_it_is_embedded_gets_no_vector(shop, photo):
    class Deletes(Model):
        def of_image(self, jpeg_or_webp, timeout):
            shop.delete(photo)
            return super().of_image(jpeg_or_webp, timeout)

    having(shop, Deletes())

    assert shop.embed(photo) == []
    assert vectors(shop) == []
    assert shop.stage(photo, stage="embed") == ("stopped",)


def test_a_display_that_is_gone_is_not_embedded(shop, photo):
    name = shop.row(photo, "renditions->'display'->>'name'")[0]
    shop.aws.client("s3").delete_object(Bucket=shop.bucket, Key=name)
    model = having(shop, Model())

    shop.embed(photo)

    assert (model.seen, vectors(shop)) == ([], [])


@pytest.mark.parametrize("left", ["time", "embedder"])
def test_without_time_or_a_model_it_is_left_as_it_is(shop, photo, left):
    having(shop, None if left == "embedder" else Model())

    failed = shop.embed(photo, context=Context(milliseconds=10_000 if left == "time" else 60_000))

    assert failed == []
    assert shop.stage(photo, "state, tries, lease_until", "embed") == ("due", 0, None)

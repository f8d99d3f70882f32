"""Whether lost messages, dead workers, late retries and a new model are all found by one run a minute."""

import json

import pytest

from shared.stages import sweep as module
from shared.stages.sweep import sweep
from tests.shared.stages.test_embed import Model, having
from tests.shared.stages.workshop import drawn


def messages(shop, queue):
    return sorted(shop.hinted(queue))


def test_a_photo_whose_message_was_lost_is_told_of_once_and_then_processed(shop):
    photo = shop.photo()
    early = sweep(shop.deps)
    shop.pass_time()

    told = [sweep(shop.deps), sweep(shop.deps)]

    assert (early, told) == (0, [1, 0])
    (hint,) = messages(shop, "news")
    assert hint == str(photo)
    shop.process(json.dumps({"topic": "photo.committed", "photo_id": hint}))
    assert shop.row(photo) == ("completed", "embedding")


def test_a_photo_that_nobody_embedded_is_told_of_as_well(shop):
    photo = shop.photo()
    shop.process(photo)
    shop.hinted("embed")
    shop.pass_time()

    assert sweep(shop.deps) == 1
    assert messages(shop, "embed") == [str(photo)]
    assert messages(shop, "news") == []


def test_nobody_is_told_of_what_is_done_deleted_or_failed(shop):
    photos = [shop.photo(drawn(n)) for n in range(3)]
    shop.process(photos[0])
    shop.embed(photos[0])
    shop.delete(photos[1])
    shop.sql.execute("UPDATE stages SET tries = 6 WHERE photo_id = %s", (photos[2],))
    shop.process(photos[2])
    shop.pass_time()

    assert sweep(shop.deps) == 0


def test_a_flood_comes_as_a_stream(shop, monkeypatch):
    monkeypatch.setattr(module, "MOST_HINTS", 12)
    photos = [shop.photo(drawn(n)) for n in range(15)]
    shop.pass_time()

    told = [sweep(shop.deps) for _ in range(3)]

    assert told == [12, 3, 0]
    assert messages(shop, "news") == sorted(map(str, photos))


def test_a_queue_that_is_down_is_told_later(shop):
    shop.photo()
    shop.pass_time()
    shop.queues["news"] = f"{shop.aws.endpoint}/000000000000/nowhere"

    assert sweep(shop.deps) == 0
    assert shop.sql.execute("SELECT hint_at > now() FROM stages").fetchone() == (True,)


def test_photos_of_another_model_and_of_none_are_embedded_anew(shop):
    first, second = shop.photo(drawn(1)), shop.photo(drawn(2))
    shop.process(first)
    shop.embed(first)
    having(shop, None)
    shop.process(second)
    having(shop, Model())
    shop.hinted("embed")

    told = sweep(shop.deps)
    hints = messages(shop, "embed")
    shop.embed(*hints and [json.dumps({"photo_id": hint}) for hint in hints])

    assert told == 2
    assert hints == sorted([str(first), str(second)])
    assert shop.sql.execute("SELECT count(*), min(model), max(model) FROM embeddings").fetchone() == (
        *(2, "model-2"),
        "model-2",
    )
    assert {shop.row(first), shop.row(second)} == {("completed", "ready")}
    shop.pass_time()
    assert sweep(shop.deps) == 0


@pytest.mark.parametrize("embedder", ["none"])
def test_without_a_model_nobody_is_told_of_what_cannot_be_embedded(shop, embedder):
    photo = shop.photo()
    shop.process(photo)
    shop.hinted("embed")
    having(shop, None)
    shop.pass_time()

    assert sweep(shop.deps) == 0
    assert messages(shop, "embed") == []

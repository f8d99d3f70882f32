"""What every embedder promises, whoever computes it."""

import math

import pytest

from shared.errors import UnprocessableImage
from shared.search.embedder import Embedder
from shared.search.errors import TextNotUnderstood
from tests.shared.search.pictures import saved, scene

SECONDS = 10.0
PHOTO, OTHER = saved(scene(1)), saved(scene(2))


def test_a_vector_has_1024_numbers_and_length_one(embedder: Embedder):
    vector = embedder.of_image(PHOTO, SECONDS)

    assert isinstance(vector, tuple)
    assert len(vector) == 1024
    assert math.hypot(*vector) == pytest.approx(1.0, abs=1e-9)


def test_the_same_picture_is_the_same_vector(embedder: Embedder):
    assert embedder.of_image(PHOTO, SECONDS) == embedder.of_image(PHOTO, SECONDS)


def test_another_picture_is_another_vector(embedder: Embedder):
    assert embedder.of_image(PHOTO, SECONDS) != embedder.of_image(OTHER, SECONDS)


def test_a_webp_is_a_picture_like_any_other(embedder: Embedder):
    assert len(embedder.of_image(saved(scene(1), "WEBP"), SECONDS)) == 1024


def test_what_is_no_picture_is_refused(embedder: Embedder):
    with pytest.raises(UnprocessableImage):
        embedder.of_image(b"not a picture", SECONDS)


def test_a_model_has_a_name_that_a_row_can_keep(embedder: Embedder):
    assert 0 < len(embedder.model) <= 64


def test_words_are_a_vector_or_are_plainly_not_understood(embedder: Embedder):
    if embedder.understands_text:
        assert math.hypot(*embedder.of_text("a red door", SECONDS)) == pytest.approx(1.0, abs=1e-9)
    else:
        with pytest.raises(TextNotUnderstood, match="search by a photo"):
            embedder.of_text("a red door", SECONDS)

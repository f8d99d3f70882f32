"""Only names and tags that ImageKit takes as they are get there."""

import pytest

from shared.errors import Misconfigured
from shared.media.imagekit_words import place_of, tags_of


def test_an_object_name_is_a_file_in_a_folder():
    assert place_of("prod/org-1/0198_a/12") == ("/prod/org-1/0198_a", "12")


@pytest.mark.parametrize(
    "name",
    [
        "1",
        "/1",
        "a/",
        "a//1",
        "../1",
        "a.b/1",
        "a/.1",
        "a/1 ",
        "a/1\n",
        "a/b\n/1",
        "a/é",
        'a/"',
        "tr:w-1/1",
        "a/ik-thumbnail.jpg",
        "a/" + "1" * 254,
    ],
)
def test_a_name_that_would_come_back_as_another_is_refused(name):
    with pytest.raises(Misconfigured, match="does not take the name"):
        place_of(name)


def test_a_photo_is_found_by_whose_it_is_its_key_and_what_the_caller_adds():
    assert tags_of(("stop", "a,b"), {"idempotency_key": "k%1", "team_name": "Abby"}) == [
        "keepsake",
        "key:k 1",
        "stop",
        "a b",
    ]


def test_tags_end_where_there_is_no_more_room_for_them():
    tags = tags_of(("x" * 255, "y" * 255, "z"), {})

    assert tags == ["keepsake", "x" * 255, "z"]
    assert sum(map(len, tags)) <= 500

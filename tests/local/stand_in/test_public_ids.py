"""Which names are refused before anything is stored."""

import pytest

from local.stand_in.public_ids import check_public_id
from local.stand_in_parts.replies import Refused


@pytest.mark.parametrize("character", "?&#\\%<>+")
def test_a_forbidden_character_is_refused_anywhere(character):
    for public_id in (f"{character}a", f"a{character}b/c", f"a{character}"):
        with pytest.raises(Refused, match="is invalid") as refusal:
            check_public_id(public_id)
        assert refusal.value.status == 400


@pytest.mark.parametrize("public_id", ["v123/a", "a/v1/b"])
def test_a_folder_that_looks_like_a_version_is_refused(public_id):
    with pytest.raises(Refused, match="is invalid"):
        check_public_id(public_id)


@pytest.mark.parametrize("public_id", ["/a", "a/", "a//b", " a", "a ", "/"])
def test_loose_ends_are_refused(public_id):
    with pytest.raises(Refused, match="is invalid"):
        check_public_id(public_id)


def test_at_most_255_characters_are_taken():
    assert check_public_id("x" * 255) == "x" * 255

    with pytest.raises(Refused, match="256 characters"):
        check_public_id("x" * 256)


@pytest.mark.parametrize("public_id", ["v123", "vx1/a", "v/a", "a/b/v2", "1v2/a", "dev/org/uuid-1/1"])
def test_other_names_are_taken_as_they_are(public_id):
    assert check_public_id(public_id) == public_id

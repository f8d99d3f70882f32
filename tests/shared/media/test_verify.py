"""Only what is there byte for byte, under its own name, may be committed."""

from dataclasses import replace

import pytest

from shared.errors import OutcomeUnknown
from shared.media.verify import verify
from shared.photos import StoredObject, StoreName
from tests.support.assets import asset_of

ASSET = asset_of(b"a photo")
STORED = StoredObject(StoreName.CLOUDINARY, "n", 7, md5=ASSET.md5, sha256=ASSET.sha256)


@pytest.mark.parametrize("unknown", [{}, {"md5": None}, {"sha256": None}])
def test_one_digest_suffices(unknown):
    verify(ASSET, replace(STORED, **unknown), "n")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "m"}, "the name is 'm' instead of 'n'"),
        ({"size": 6}, "the size is 6 instead of 7"),
        ({"md5": "0" * 32}, "the MD5 is 0"),
        ({"sha256": "0" * 64}, "the SHA-256 is 0"),
        ({"sha256": None, "md5": None}, "no digest"),
    ],
)
def test_each_difference_alone_is_enough_and_is_named(changes, told):
    with pytest.raises(OutcomeUnknown, match=told) as caught:
        verify(ASSET, replace(STORED, **changes), "n")

    assert caught.value.facts["failure_type"] == "other_content"

"""Whether a store holds what it was given."""

from collections.abc import Iterator

from shared.errors import OutcomeUnknown
from shared.photos import StoredObject
from shared.photos.images import Asset


def verify(asset: Asset, stored: StoredObject, name: str) -> None:
    """Refuse whatever is not exactly this asset under this name; it is lost, and another attempt may succeed."""
    wrong = list(_differences(asset, stored, name))
    if wrong:
        raise OutcomeUnknown(
            f"The store holds something else than it was given: {'; '.join(wrong)}.", failure_type="other_content"
        )


def _differences(asset: Asset, stored: StoredObject, name: str) -> Iterator[str]:
    if stored.name != name:
        yield f"the name is {stored.name!r} instead of {name!r}"
    if stored.size != asset.size:
        yield f"the size is {stored.size} instead of {asset.size}"
    if stored.md5 is None and stored.sha256 is None:
        yield "it tells no digest"
    if stored.md5 not in (None, asset.md5):
        yield f"the MD5 is {stored.md5} instead of {asset.md5}"
    if stored.sha256 not in (None, asset.sha256):
        yield f"the SHA-256 is {stored.sha256} instead of {asset.sha256}"

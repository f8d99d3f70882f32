"""What tests give to a store: bytes with the facts that are true of them, and any that a test makes false."""

import hashlib
from dataclasses import replace

from shared.photos.images import Asset


def asset_of(body, /, **changes) -> Asset:
    facts = Asset(
        body=body,
        source_url=None,
        mime="image/jpeg",
        size=memoryview(body).nbytes,
        sha256=hashlib.sha256(body).hexdigest(),
        md5=hashlib.md5(body, usedforsecurity=False).hexdigest(),
    )
    return replace(facts, **changes)

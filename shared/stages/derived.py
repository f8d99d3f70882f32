"""Where renditions are kept: under names that follow from what they are made of, and by what."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import md5, sha256
from importlib.metadata import version
from typing import Final

from shared.deps import Deps
from shared.errors import StoreRefused
from shared.imaging.derived import Rendition
from shared.photos import Asset, StoreName
from shared.photos.stages import Work, derived_under
from shared.resilience.budget import Budget

# Raise it whenever the same original would become other renditions.
RECIPE: Final = 1
MIME: Final = "image/webp"


@lru_cache(maxsize=1)
def pipeline() -> str:
    """Name what makes renditions: our recipe, and the library whose encoders write them."""
    return f"{RECIPE}-pillow{version('pillow')}"


def name_of(work: Work, kind: str) -> str:
    """The same work has the same names, whoever does it, and however often."""
    return f"{derived_under(work.object_name)}{pipeline()}/{kind}.webp"


def store(work: Work, kind: str, rendition: Rendition, deps: Deps, budget: Budget) -> Mapping[str, object]:
    """Put a rendition into our S3, and say what there is to know of it."""
    name = name_of(work, kind)
    size = _put(name, rendition.data, deps, budget)
    return {"name": name, "width": rendition.width, "height": rendition.height, "bytes": size}


def _put(name: str, data: bytes, deps: Deps, budget: Budget) -> int:
    digest, plain = sha256(data).hexdigest(), md5(data, usedforsecurity=False).hexdigest()
    asset = Asset(body=data, source_url=None, mime=MIME, size=len(data), sha256=digest, md5=plain)
    try:
        return deps.store(StoreName.S3).put(name, asset, budget).size
    except StoreRefused as error:
        # Another machine's build of the same encoders wrote it, out of the same original: it is as good as ours.
        there = deps.direct_store.look(name) if error.facts.get("failure_type") == "name_taken" else None
        if there is None:
            raise
        return there.size

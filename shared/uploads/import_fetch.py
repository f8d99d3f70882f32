"""From an address to a photo in our hands: fetched in time, not too large, and an image for sure."""

import hashlib
from dataclasses import dataclass

from shared.deps import Deps
from shared.errors import ImageTooLarge, Unprocessable, UnsupportedType
from shared.fetch.refusals import UpstreamInvalid
from shared.photos import ImageFacts, Source
from shared.uploads.judge import judge

FETCH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Picture:
    """What was fetched, and what is known of it."""

    body: bytes
    sha256: str
    md5: str
    image: ImageFacts


def fetch_picture(source: Source, deps: Deps, seconds: float) -> Picture:
    """Fetch it once. An address that is closed by its very text is refused before anybody is asked."""
    deps.vet(source.url)
    fetched = deps.fetcher.get(
        source.url,
        seconds=min(FETCH_SECONDS, seconds),
        max_bytes=deps.limits.max_bytes,
        headers={"accept": ", ".join(sorted(deps.limits.accepted_types))},
    )
    body = fetched.body
    image = _judged(body, deps)
    return Picture(
        body, hashlib.sha256(body).hexdigest(), hashlib.md5(body, usedforsecurity=False).hexdigest(), image
    )


def _judged(body: bytes, deps: Deps) -> ImageFacts:
    """A host that says 200 and sends a page, or half a picture, has not sent what was asked for."""
    try:
        return judge(memoryview(body), None, deps)
    except UnsupportedType as error:
        kind = str(error.facts.get("mime", ""))
        raise _invalid(error.message, "unsupported_type" if kind.startswith("image/") else "not_an_image") from error
    except ImageTooLarge as error:
        raise _invalid(error.message, "file_too_large") from error
    except Unprocessable as error:
        raise _invalid(error.message, "not_an_image") from error


def _invalid(why: str, failure_type: str) -> UpstreamInvalid:
    return UpstreamInvalid(f"What the host sent is not a photo that is taken. {why}", failure_type=failure_type)

"""Whether the bytes of a form are a photo that is taken: large enough, whole, and what they were declared to be."""

from shared.deps import Deps
from shared.errors import UnprocessableImage
from shared.imaging.sniff import require_declared
from shared.photos import ImageFacts


def judge(content: memoryview, declared: str | None, deps: Deps) -> ImageFacts:
    """The facts of the image, or the refusal of it. Nothing was written down yet, so nothing is left behind."""
    least = deps.limits.min_bytes
    if len(content) < least:
        raise UnprocessableImage(f"The file has {len(content)} bytes; a photo has {least} or more. Send the photo.")
    image = deps.check(content)
    if declared and _says_something(declared):
        require_declared(declared, image.mime)
    return image


def _says_something(declared: str) -> bool:
    # Many clients know no type, and send one that fits everything.
    return declared.startswith("image/") and not declared.endswith("/*")

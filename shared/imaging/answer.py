"""How a child says what became of an image, in bytes that carry no code: a length, a JSON header, two pictures."""

import json
import struct
from collections.abc import Callable
from typing import Any, cast

from shared.errors import ImageTooLarge, Refused, Trouble, UnprocessableImage, UnsupportedType
from shared.imaging.derived import Derived, Rendition

Work = Callable[[bytes], Derived]
Header = dict[str, Any]

LENGTH = struct.Struct(">I")
REFUSALS: dict[str, type[Refused]] = {
    kind.code: kind for kind in (UnprocessableImage, ImageTooLarge, UnsupportedType)
}
TOLD = ("placeholder", "width", "height", "mime", "exif", "warnings", "animated")
OUT_OF_MEMORY, SENSELESS = "out of memory", "its answer makes no sense"
MAX_REASON = 200


class DecoderDied(Trouble):
    """The decoder died of this photo."""

    code, failure_class = "decoder_died", "ambiguous"


def died(reason: str, *, by_signal: int | None = None) -> DecoderDied:
    """Say why, for people and for programs."""
    return DecoderDied(f"The decoder died of this photo: {reason}.", reason=reason, signal=by_signal)


def answer_to(source: bytes, work: Work) -> bytes:
    """Do the work, and put down whatever comes of it."""
    try:
        return _made(work(source))
    except MemoryError:
        return _framed({"died": OUT_OF_MEMORY})
    except Refused as error:
        return _framed(_refusal(error))
    except BaseException as error:  # noqa: BLE001 - nothing leaves a child but its answer
        return _framed({"died": f"raised {error!r}"[:MAX_REASON]})


def read_answer(answer: bytes) -> Derived:
    """Give what was made, or raise what was wrong."""
    try:
        found = _verdict(answer)
    except (ValueError, LookupError, TypeError, struct.error) as error:
        raise died(SENSELESS) from error
    if isinstance(found, Derived):
        return found
    raise found


def _verdict(answer: bytes) -> Derived | Refused | DecoderDied:
    start = LENGTH.size + LENGTH.unpack_from(answer)[0]
    header: Header = json.loads(answer[LENGTH.size : start])
    if "died" in header:
        return died(str(header["died"]))
    if "refused" in header:
        return REFUSALS[header["refused"]](str(header["message"]), **header["facts"])
    return _derived(header, answer[start:])


def _refusal(error: Refused) -> Header:
    # What the guards let through fits into memory: it is our limit that was too tight for this photo.
    if isinstance(error.__cause__, MemoryError):
        return {"died": OUT_OF_MEMORY}
    return {"refused": error.code, "message": error.message, "facts": error.facts}


def _made(derived: Derived) -> bytes:
    pictures = derived.display, derived.thumb
    header = {
        "pictures": [(len(each.data), each.width, each.height) for each in pictures],
        "told": {name: getattr(derived, name) for name in TOLD},
    }
    return _framed(header, *(each.data for each in pictures))


def _derived(header: Header, body: bytes) -> Derived:
    (display_size, *display), (thumb_size, *thumb) = header["pictures"]
    if display_size + thumb_size != len(body):
        raise ValueError("a picture is cut off")
    told = {**header["told"], "warnings": tuple(header["told"]["warnings"])}
    return Derived(
        Rendition(body[:display_size], *display), Rendition(body[display_size:], *thumb), **cast("Header", told)
    )


def _framed(header: Header, *pictures: bytes) -> bytes:
    written = json.dumps(header).encode()
    return b"".join((LENGTH.pack(len(written)), written, *pictures))

"""Which kind of file these first bytes begin."""

from shared.errors import TypeMismatch, UnprocessableImage, UnsupportedType

JPEG, PNG, WEBP, HEIC, AVIF = "image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"
ACCEPTED = frozenset({JPEG, PNG})

SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
)
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
HEIF_BRANDS = frozenset({b"mif1", b"msf1"})
MARKUP = (
    (b"<svg", "image/svg+xml"),
    (b"<!doctype svg", "image/svg+xml"),
    (b"<?xml", "application/xml"),
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<script", "text/html"),
)
ALIASES = {"image/jpg": JPEG, "image/pjpeg": JPEG, "image/heif": HEIC, "image/x-png": PNG}


def sniff(head: bytes) -> str | None:
    """Name the kind by magic bytes alone; None when it is none that we know."""
    for signature, mime in SIGNATURES:
        if head.startswith(signature):
            return mime
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _brand(head)
    # The reserved zeros tell a bitmap from a text that begins with BM.
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return "image/bmp"
    return _markup(head)


def require_accepted(head: bytes, accept: frozenset[str] = ACCEPTED) -> str:
    """Return the kind, or refuse: 422 for what is no image at all, 415 for a kind that is not taken."""
    mime = sniff(head)
    if mime is None:
        raise UnprocessableImage("The file is not an image: send a photo as it came from the camera.")
    if mime not in accept:
        expected = ", ".join(sorted(accept))
        raise UnsupportedType(f"This is {mime}; accepted are {expected}. Convert it first.", mime=mime)
    return mime


def require_declared(declared: str, mime: str) -> None:
    """Refuse bytes that are of another kind than the client said."""
    plain = declared.partition(";")[0].strip().lower()
    if ALIASES.get(plain, plain) != mime:
        raise TypeMismatch(f"The file was declared as {plain[:100]} but is {mime}: declare what you send.", mime=mime)


def _brand(head: bytes) -> str | None:
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[at : at + 4] for at in range(16, end, 4)}
    if brands & AVIF_BRANDS:
        return AVIF
    return HEIC if brands & (HEIC_BRANDS | HEIF_BRANDS) else None


def _markup(head: bytes) -> str | None:
    text = head[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for opening, mime in MARKUP:
        if text.startswith(opening):
            return "image/svg+xml" if mime == "application/xml" and b"<svg" in text else mime
    return None

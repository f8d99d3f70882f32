"""File names as clients send them, made fit to be shown; no path, key or header is ever made of one."""

import unicodedata

from shared.errors import BadRequest

LONGEST = 255


def display_name(given: str) -> str:
    """Normalise, and drop what is not text: controls, direction overrides, halves of surrogates."""
    text = unicodedata.normalize("NFC", given)
    shown = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}).strip()
    if not shown or len(shown) > LONGEST:
        raise BadRequest(f"file_name must have 1 to {LONGEST} visible characters; this one has {len(shown)}.")
    return shown

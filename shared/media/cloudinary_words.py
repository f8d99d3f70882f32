"""Which words we may write at Cloudinary: names, context and tags in which no text can pass for another."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from shared.errors import Misconfigured

LONGEST: Final = 255
SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# In a delivery URL such a folder would be read as a version.
VERSION_FOLDER: Final = re.compile(r"v[0-9]+")
KEYS: Final = frozenset(
    {
        "completed_at",
        "hunt_name",
        "idempotency_key",
        "location_id",
        "location_title",
        "org_id",
        "organization_name",
        "session_id",
        "team_id",
        "team_name",
        "upload_id",
    }
)
NOT_TEXT: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
OURS: Final = "keepsake"


def public_id(name: str) -> str:
    """Return an object name that Cloudinary takes as it is; of users' words none is ever made."""
    *folders, last = name.split("/")
    legal = all(map(SEGMENT.fullmatch, [*folders, last])) and not any(map(VERSION_FOLDER.fullmatch, folders))
    if not legal or len(name) > LONGEST:
        raise Misconfigured(
            f"Cloudinary does not take the name {name!r}. Choose a stage of letters, digits, - and _ that is not "
            "v and a number."
        )
    return name


def context_of(labels: Mapping[str, str]) -> dict[str, str]:
    """Say what a photo is about. Keys are sent unescaped, so only known ones pass."""
    unknown = sorted(labels.keys() - KEYS)
    if unknown:
        raise ValueError(f"unknown labels {unknown}: use {sorted(KEYS)}")
    cleaned = {key: _plain(value) for key, value in labels.items()}
    return {key: value for key, value in cleaned.items() if value}


def tags_of(tags: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """Say by what a photo can be found: that it is ours, the key of its upload, and what the caller adds."""
    key = labels.get("idempotency_key")
    wanted = [OURS, *([f"key:{key}"] if key else []), *tags]
    return list(dict.fromkeys(filter(None, (_plain(tag.replace(",", " ")) for tag in wanted))))


def _plain(text: str) -> str:
    """Make one line of text without a backslash: at the end of a value it would swallow the next pair."""
    normal = unicodedata.normalize("NFC", text).replace("\\", "/")
    line = "".join(" " if unicodedata.category(char) in NOT_TEXT else char for char in normal)
    return line.strip()[:LONGEST].rstrip()

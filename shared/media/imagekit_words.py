"""Which words we may write at ImageKit: names that it takes as they are, and tags that fit."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from shared.errors import Misconfigured
from shared.media import cloudinary_words

LONGEST: Final = 255
FOLDER: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# An underscore may come back as another character only if another came in: this is all that stays what it was.
FILE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", re.ASCII)
# At the end of a delivery URL such a name would be read as an order to make something of the folder before it.
ORDER: Final = re.compile(r"ik-[a-z0-9]+\.[a-z0-9]+")
MOST_TAG_TEXT: Final = 500


def place_of(name: str) -> tuple[str, str]:
    """Split an object name into the folder and the file that ImageKit knows it by."""
    *folders, file = name.split("/")
    legal = FILE.fullmatch(file) and not ORDER.fullmatch(file) and all(map(FOLDER.fullmatch, folders))
    if not legal or not folders or len(name) > LONGEST:
        raise Misconfigured(f"ImageKit does not take the name {name!r}. Choose a stage of letters, digits, - and _.")
    return "/" + "/".join(folders), file


def tags_of(tags: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """Say by what a photo can be found, in the order of what matters, until there is no more room.

    Its labels stay in the ledger: ImageKit takes custom metadata only in fields that its console has defined before.
    """
    left, kept = MOST_TAG_TEXT, []
    for tag in cloudinary_words.tags_of((tag.replace("%", " ") for tag in tags), _without_percent(labels)):
        if len(tag) <= left:
            kept.append(tag)
            left -= len(tag)
    return kept


def _without_percent(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: value.replace("%", " ") for key, value in labels.items()}

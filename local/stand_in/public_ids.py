"""Public ids: which names an asset may bear."""

import re
import secrets
import string

from local.stand_in_parts.replies import BAD_REQUEST, Refused

LONGEST = 255
FORBIDDEN = frozenset("?&#\\%<>+")
VERSION_FOLDER = re.compile(r"v\d+", re.ASCII)
ALPHABET = string.ascii_lowercase + string.digits


def check_public_id(public_id: str) -> str:
    """Return a usable name unchanged, refuse any other."""
    if len(public_id) > LONGEST:
        raise Refused(BAD_REQUEST, f"public_id is too long: {len(public_id)} characters, at most {LONGEST}")
    *folders, name = public_id.split("/")
    wrong_edges = public_id != public_id.strip(" /") or not name or not all(folders)
    if wrong_edges or FORBIDDEN & set(public_id) or any(map(VERSION_FOLDER.fullmatch, folders)):
        raise Refused(BAD_REQUEST, f"public_id ({public_id}) is invalid")
    return public_id


def random_public_id(length: int = 20) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))

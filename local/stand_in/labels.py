"""Labels: what tags and context mean on the wire."""

import re
from collections.abc import Sequence

from local.stand_in_parts.replies import BAD_REQUEST, Refused

LONGEST_TAG = 255
MOST_TAGS = 1000
# Only these two are escapes: a lone backslash is itself, so a value that ends in one swallows the next pair.
PAIR_END = re.compile(r"(?<!\\)\|")
KEY_END = re.compile(r"(?<!\\)=")
ESCAPED = re.compile(r"\\([|=])")


def parse_tags(sent: str) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(filter(None, map(str.strip, sent.split(",")))))
    check_tags(tags)
    return tags


def check_tags(tags: Sequence[str]) -> None:
    if len(tags) > MOST_TAGS:
        raise Refused(BAD_REQUEST, f"Too many tags: {len(tags)}, at most {MOST_TAGS}")
    for tag in tags:
        if len(tag) > LONGEST_TAG:
            raise Refused(BAD_REQUEST, f"Tag is too long: {len(tag)} characters, at most {LONGEST_TAG}")


def parse_context(sent: str) -> dict[str, str]:
    return dict(_pair(text) for text in PAIR_END.split(sent) if text)


def _pair(text: str) -> tuple[str, str]:
    key, *value = KEY_END.split(text, maxsplit=1)
    if not key or not value:
        raise Refused(BAD_REQUEST, f"Invalid context: {text!r} is not of the form key=value")
    return ESCAPED.sub(r"\1", key), ESCAPED.sub(r"\1", value[0])

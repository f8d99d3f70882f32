"""What Companion refuses, and in which words: Uppy's users know them."""

from collections.abc import Mapping
from typing import Final

from shared.errors import BadRequest

NO_KEY: Final = 's3: the object key must be passed as a query parameter. For example: "?key=abc.jpg"'
NO_FILENAME: Final = 's3: the "filename" query parameter is required and must be a non-empty string'
NO_FILENAME_FIELD: Final = 's3: the "filename" field is required and must be a non-empty string'
NO_TYPE: Final = "s3: content type must be a string"
NO_NUMBER: Final = "s3: the part number must be a number between 1 and 10000."
BAD_NUMBERS: Final = "s3: the part numbers must be a number between 1 and 10000."
NO_NUMBERS: Final = (
    's3: the part numbers must be passed as a comma separated query parameter. For example: "?partNumbers=4,6,7,21"'
)
NO_PARTS: Final = "s3: `parts` must be an array of {ETag, PartNumber} objects."
MOST_PARTS: Final = 10_000
MOST_AT_ONCE: Final = 100


class S3BadRequest(BadRequest):
    """The request is not one of Uppy's."""

    code = "s3_bad_request"


def refusal(text: str) -> S3BadRequest:
    """Companion says it in `error`, and Uppy shows `message`."""
    return S3BadRequest(text, error=text)


def key_of(query: Mapping[str, str]) -> str:
    """Which object the request is about."""
    if not query.get("key"):
        raise refusal(NO_KEY)
    return query["key"]


def part_number(text: str) -> int:
    """One part, from the path."""
    return _number(text, NO_NUMBER)


def part_numbers(query: Mapping[str, str]) -> list[int]:
    """Several parts, each once."""
    given = query.get("partNumbers")
    if not given:
        raise refusal(NO_NUMBERS)
    numbers = list(dict.fromkeys(_number(text, BAD_NUMBERS) for text in given.split(",")))
    if len(numbers) > MOST_AT_ONCE:
        raise S3BadRequest(
            f"{len(numbers)} parts at once; at most {MOST_AT_ONCE} are signed. Ask in several requests."
        )
    return numbers


def parts(body: object) -> list[tuple[int, str]]:
    """What was sent, as S3 answered it."""
    given = body.get("parts") if isinstance(body, dict) else None
    if not isinstance(given, list):
        raise refusal(NO_PARTS)
    return [_part(entry) for entry in given]


def _part(entry: object) -> tuple[int, str]:
    number, etag = (entry.get("PartNumber"), entry.get("ETag")) if isinstance(entry, dict) else (None, None)
    # type() and not isinstance(): True is an int.
    if type(number) is not int or not isinstance(etag, str):
        raise refusal(NO_PARTS)
    return number, etag


def _number(text: str, told: str) -> int:
    text = text.strip(" ")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0
    if not 1 <= number <= MOST_PARTS:
        raise refusal(told)
    return number

"""Strict JSON: what is ambiguous, endless or unstorable is refused by name."""

import json
from typing import NoReturn

from shared.errors import BadRequest

DEEPEST = 32
LONGEST_NUMBER = 20


def parse_json(body: bytes) -> object:
    """Parse, refusing duplicate keys, NaN, huge numbers, deep nesting, NUL and lone surrogates."""
    try:
        value = json.loads(
            body, object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except RecursionError:
        raise BadRequest(f"The JSON is nested deeper than {DEEPEST} levels.") from None
    except ValueError as error:  # UnicodeDecodeError is one too
        raise BadRequest(f"The body is not valid JSON: {_where(error)}.") from None
    _refuse_unstorable(value, DEEPEST)
    return value


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "it is not UTF-8"


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("The JSON has an object with the same key twice. Send each key once.")
    return found


def _constant(name: str) -> NoReturn:
    raise BadRequest(f"{name} is not JSON. Send a number, or leave the field out.")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise BadRequest(f"The JSON has a number of {len(digits)} digits; at most {LONGEST_NUMBER} are accepted.")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise BadRequest("The JSON has a number that is too large.")
    return value


def _refuse_unstorable(value: object, depth: int) -> None:
    if depth == 0:
        raise BadRequest(f"The JSON is nested deeper than {DEEPEST} levels.")
    if isinstance(value, str):
        refuse_unstorable_text(value)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_unstorable_text(key)
            _refuse_unstorable(item, depth - 1)


def refuse_unstorable_text(text: str) -> None:
    """Text that Postgres cannot keep: NUL and halves of surrogate pairs."""
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise BadRequest("A text holds a NUL or half of a surrogate pair. Remove it.")

"""What every query of a URL has in common: what is not known is refused, so that nobody believes in it."""

import re
from collections.abc import Mapping

from pydantic import AliasChoices, Field, field_validator, model_validator

from shared.edge.parse import Body

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100


class Query(Body):
    """The query of a URL, as its parameters."""

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        names = [name for field, info in cls.model_fields.items() for name in _names(field, info.validation_alias)]
        unknown = sorted(name[:50] for name in given.keys() - set(names))
        if unknown:
            raise ValueError(f"there is no parameter {', '.join(unknown[:5])}; there are {', '.join(names)}")
        return given


class PageQuery(Query):
    """The query of what comes in pages."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = Field(default=None, max_length=500)

    @field_validator("limit", mode="before")
    @classmethod
    def _clamped(cls, given: str) -> int:
        if not re.fullmatch(r"[1-9][0-9]{0,99}", given):
            raise ValueError(f"send a whole number from 1; more than {LARGEST_LIMIT} count as {LARGEST_LIMIT}")
        return min(int(given), LARGEST_LIMIT)


def _names(field: str, alias: object) -> list[str]:
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [str(alias or field)]

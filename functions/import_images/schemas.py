"""What may be asked of a venue's images: which to import, from where, and which page of them to see."""

from collections.abc import Callable, Collection
from typing import Annotated, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, field_validator, model_validator

from shared.edge.fields import Moment
from shared.edge.parse import Body, ValidationFailed
from shared.edge.query import PageQuery
from shared.errors import BadRequest, Unprocessable
from shared.photos import ImageStatus, Source
from shared.uploads.import_plan import Image
from shared.uploads.names import LONGEST, display_name

MOST_IMAGES = 50
# What an index of the database keeps of an address.
LONGEST_URL = 2_048

Provider = Annotated[StrictStr, Field(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+$")]


class ImageFields(Body):
    """One image, as the listing of a provider names it."""

    provider: Provider
    provider_url: StrictStr = Field(min_length=1)
    file_name: StrictStr | None = Field(default=None, min_length=1, max_length=1_024)
    quality_score: StrictFloat | StrictInt | None = Field(default=None, ge=0, le=1_000_000)
    fetched_at: Moment | None = None

    @field_validator("provider_url")
    @classmethod
    def _short_enough(cls, given: str) -> str:
        if len(given.encode()) > LONGEST_URL:
            raise ValueError(f"an address has {LONGEST_URL} bytes at most; this one has {len(given.encode())}")
        return given

    @property
    def image(self) -> Image:
        score = None if self.quality_score is None else float(self.quality_score)
        return Image(Source(self.provider, self.provider_url, score, self.fetched_at), self._name())

    def _name(self) -> str:
        return display_name(self.file_name) if self.file_name else _last_of(self.provider_url)


class ImportRequest(Body):
    """Images to import; or, without any, that what failed before be tried again."""

    images: tuple[ImageFields, ...] = Field(default=(), max_length=MOST_IMAGES)
    force: StrictBool = False
    retry_failed_only: StrictBool = False
    providers: frozenset[Provider] | None = Field(default=None, min_length=1, max_length=MOST_IMAGES)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.retry_failed_only == bool(self.images):
            raise ValueError(f"send 1 to {MOST_IMAGES} images, or retry_failed_only: true and no images")
        return self

    def wanted(self, vet: Callable[[str], object]) -> list[Image]:
        """The images of the providers that are asked for. An address that makes no sense is nobody's image."""
        _require_addresses([each.provider_url for each in self.images], vet)
        return [each.image for each in self.images if self.providers is None or each.provider in self.providers]


class ImagesQuery(PageQuery):
    """The query of the list."""

    upload_status: ImageStatus | None = None


def _require_addresses(urls: Collection[str], vet: Callable[[str], object]) -> None:
    """Refuse what parsers may disagree about. Where an address leads is another question, and one of each image."""
    mistakes = []
    for n, url in enumerate(urls):
        try:
            vet(url)
        except BadRequest as error:
            mistakes.append({"pointer": f"#/images/{n}/provider_url", "detail": error.message})
        except Unprocessable:
            continue
    if mistakes:
        told = "; ".join(f"{m['pointer']}: {m['detail']}" for m in mistakes)
        raise ValidationFailed(f"The request is not valid: {told}", errors=mistakes)


def _last_of(url: str) -> str:
    """What the address ends with, where that is a name to show."""
    last = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")[:LONGEST]
    try:
        return display_name(last)
    except BadRequest:
        return "image"

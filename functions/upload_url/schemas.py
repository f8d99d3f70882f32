"""What a client must say before it gets an upload URL."""

from typing import Self
from uuid import UUID

from pydantic import Field, StrictInt, field_validator, model_validator

from shared.deps.uploads import Limits
from shared.edge.fields import SHA256, TargetFields, Whole
from shared.edge.parse import Body, ValidationFailed
from shared.errors import IdempotencyKeyInvalid
from shared.photos import Declared
from shared.uploads.names import display_name

LONGEST_NAME = 1_024
LONGEST_KEY = 255


class FileFields(Body):
    """One file: how it is called, and what exactly will be put."""

    file_name: str = Field(min_length=1, max_length=LONGEST_NAME)
    file_size: StrictInt
    mime_type: str = Field(max_length=127)
    sha256: str | None = Field(default=None, pattern=SHA256)

    def declared(self, limits: Limits) -> Declared:
        """What is claimed of the file, within what this deployment accepts."""
        self._check(limits)
        return Declared(
            file_name=display_name(self.file_name),
            size=self.file_size,
            mime=self.mime_type,
            sha256=self.sha256.lower() if self.sha256 else None,
        )

    def _check(self, limits: Limits) -> None:
        mistakes = []
        if not limits.min_bytes <= self.file_size <= limits.max_bytes:
            told = f"{self.file_size} bytes; {limits.min_bytes} to {limits.max_bytes} are accepted"
            mistakes.append({"pointer": "#/file_size", "detail": told})
        if self.mime_type not in limits.accepted_types:
            told = f"{self.mime_type}; accepted are {', '.join(sorted(limits.accepted_types))}"
            mistakes.append({"pointer": "#/mime_type", "detail": told})
        if mistakes:
            told = "; ".join(f"{m['pointer']}: {m['detail']}" for m in mistakes)
            raise ValidationFailed(f"The request is not valid: {told}.", errors=mistakes)


class UploadUrlRequest(FileFields, TargetFields):
    """One file, and what it completes."""


class PageFile(FileFields):
    """One file of a page, with the name that its client has for it."""

    client_id: str = Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")

    def key(self, prefix: str) -> str:
        """The idempotency key of this file: the page's, and the client's name for the file."""
        key = f"{prefix}/{self.client_id}"
        if len(key) > LONGEST_KEY:
            raise IdempotencyKeyInvalid(
                f"Idempotency-Key and client_id together have {len(key)} characters; at most {LONGEST_KEY} are kept."
            )
        return key


class UploadUrlsRequest(TargetFields):
    """A page of files for one target."""

    files: tuple[PageFile, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [file.client_id for file in self.files]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"client_id must be different for each file; {', '.join(doubled[:5])} came twice")
        return self


class CheckRequest(Body):
    """The question which of these files a project has."""

    project_id: UUID
    hashes: tuple[str, ...] = Field(min_length=1, max_length=1_000)

    @field_validator("hashes")
    @classmethod
    def _each_a_digest(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            if len(text) != 64 or not set(text) <= set("0123456789abcdefABCDEF"):
                raise ValueError(f"each must be a SHA-256 of 64 hex digits; {text[:80]!r} is not")
        return given

    @property
    def digests(self) -> list[str]:
        return list(dict.fromkeys(text.lower() for text in self.hashes))


class UploadUrlQuery(TargetFields):
    """The same as one file, as simple clients ask it in a query string."""

    filename: str = Field(min_length=1, max_length=LONGEST_NAME)
    size: Whole = Field(ge=0)
    mime_type: str = Field(alias="mimeType", max_length=127)
    checksum: str | None = Field(default=None, pattern=SHA256)

    def as_request(self) -> UploadUrlRequest:
        return UploadUrlRequest(
            project_id=self.project_id,
            team_id=self.team_id,
            location_id=self.location_id,
            venue_id=self.venue_id,
            file_name=self.filename,
            file_size=self.size,
            mime_type=self.mime_type,
            sha256=self.checksum,
        )

"""What a client must say before it gets an upload URL."""

from typing import Self
from uuid import UUID

from pydantic import Field, StrictInt, field_validator

from shared.deps import Limits
from shared.edge.parse import Body, ValidationFailed
from shared.photos import Declared, Door, Target
from shared.uploads.names import display_name

SHA256 = r"^[0-9a-fA-F]{64}$"
LONGEST_NAME = 1_024


class UploadUrlRequest(Body):
    """One file: for which project, how it is called, what exactly will be put."""

    project_id: UUID
    file_name: str = Field(min_length=1, max_length=LONGEST_NAME)
    file_size: StrictInt
    mime_type: str = Field(max_length=127)
    sha256: str | None = Field(default=None, pattern=SHA256)

    @property
    def door(self) -> Door:
        return Door.DIRECT

    @property
    def target(self) -> Target:
        return Target(project_id=self.project_id)

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


class UploadUrlQuery(Body):
    """The same, as simple clients ask it in a query string."""

    project_id: UUID
    filename: str = Field(min_length=1, max_length=LONGEST_NAME)
    size: int = Field(ge=0)
    mime_type: str = Field(alias="mimeType", max_length=127)
    checksum: str | None = Field(default=None, pattern=SHA256)

    @field_validator("size", mode="before")
    @classmethod
    def _digits(cls, given: object) -> object:
        # A query knows only text; but 1e6, 1_000 and " 7" are not sizes.
        if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 18:
            return int(given)
        return "not a whole number"

    def as_request(self: Self) -> UploadUrlRequest:
        return UploadUrlRequest(
            project_id=self.project_id,
            file_name=self.filename,
            file_size=self.size,
            mime_type=self.mime_type,
            sha256=self.checksum,
        )

"""What a client must say to have an upload token made, and what it may leave out."""

from typing import Literal
from uuid import UUID

from pydantic import Field, StrictInt

from shared.deps.uploads import Limits
from shared.edge.parse import Body, ValidationFailed
from shared.uploads.tokens import Wish

DAY = 86_400


class UploadTokenRequest(Body):
    """For which project, for what, how much of it, and for how long."""

    project_id: UUID
    operations: frozenset[Literal["upload", "status"]] = Field(default=frozenset({"upload", "status"}), min_length=1)
    max_files: StrictInt = Field(default=100, ge=1, le=10_000)
    max_bytes: StrictInt | None = Field(default=None, ge=1, le=10**12)
    types: frozenset[str] | None = Field(default=None, min_length=1)
    expires_in_seconds: StrictInt = Field(default=3_600, ge=60, le=DAY)

    def wish(self, limits: Limits) -> Wish:
        """The same, with what was left out, within what this deployment accepts."""
        return Wish(
            project_id=self.project_id,
            operations=self.operations,
            types=self._types(limits.accepted_types),
            max_files=self.max_files,
            max_bytes=self.max_bytes,
            seconds=self.expires_in_seconds,
        )

    def _types(self, accepted: frozenset[str]) -> frozenset[str]:
        if self.types is None:
            return accepted
        unknown = sorted(self.types - accepted)
        if unknown:
            told = f"{unknown[0][:80]!r} is not accepted here; accepted are {', '.join(sorted(accepted))}"
            mistakes = [{"pointer": "#/types", "detail": told}]
            raise ValidationFailed(f"The request is not valid: #/types: {told}.", errors=mistakes)
        return self.types

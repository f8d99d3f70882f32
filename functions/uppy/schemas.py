"""What an app lets Uppy tell of a file, and what we make of it. What else Uppy tells is not looked at."""

from dataclasses import dataclass
from typing import Any, Literal, Self
from uuid import uuid4

from pydantic import ConfigDict, Field, StrictInt, model_validator

from functions.uppy import companion
from shared.deps.uploads import Limits
from shared.edge.fields import SHA256, TargetIds, Whole
from shared.edge.parse import Body, ValidationFailed, parse
from shared.edge.request import usable_key
from shared.errors import UnsupportedType
from shared.photos import Caller, Declared, Door, Intention, Target
from shared.uploads.names import LONGEST, display_name

LONGEST_KEY = 1_024
# How a query says that there is nothing to say: Uppy 6 makes text of whatever its app left empty.
NOTHING = frozenset({"", "null", "undefined"})
# Uppy 6 begins a multipart upload without saying of what; the bytes are compared with this when they are there.
KINDS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
    "heif": "image/heic",
    "avif": "image/avif",
}


class Meta(TargetIds):
    """Which of Uppy's metadata are for us: what the photo completes, and what is known of its bytes."""

    model_config = ConfigDict(extra="ignore")

    size: Whole | None = None
    sha256: str | None = Field(default=None, pattern=SHA256)
    idempotency_key: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, given: object) -> object:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if not (isinstance(value, str) and value in NOTHING)}

    def target_of(self, caller: Caller) -> Target:
        """What the photo completes; an upload token knows its project by itself."""
        if caller.upload_token and self.target == Target():
            return Target(project_id=caller.upload_token.project_id)
        try:
            self.require_one()
        except ValueError as error:
            told = f"{error} as metadata of the file"
            raise ValidationFailed(
                f"It is not said what the photo is for: {told}.", errors=[{"pointer": "#/metadata", "detail": told}]
            ) from None
        return self.target


@dataclass(frozen=True, slots=True)
class NewFile:
    """One file that Uppy is about to send."""

    name: str
    mime: str
    meta: Meta

    @classmethod
    def from_query(cls, query: dict[str, str]) -> Self:
        if not query.get("filename"):
            raise companion.refusal(companion.NO_FILENAME)
        begin, end = "metadata[", "]"
        named = {k[len(begin) : -1]: v for k, v in query.items() if k.startswith(begin) and k.endswith(end)}
        meta = parse(Meta, {"size": query.get("size"), **named})
        return cls(query["filename"], query.get("type", ""), meta)

    @classmethod
    def from_body(cls, body: object) -> Self:
        said: dict[str, Any] = body if isinstance(body, dict) else {}
        name, mime, named = said.get("filename"), said.get("type"), said.get("metadata")
        if not isinstance(name, str) or not name:
            raise companion.refusal(companion.NO_FILENAME_FIELD)
        if not isinstance(mime, str):
            raise companion.refusal(companion.NO_TYPE)
        meta = parse(Meta, {"size": said.get("size"), **(named if isinstance(named, dict) else {})})
        return cls(name, mime, meta)

    def intention(self, caller: Caller, limits: Limits, key: str | None) -> Intention:
        """What the client wants stored; without a key nobody can repeat it, so a name that nobody knows will do."""
        own = self.meta.idempotency_key
        name = usable_key(own) if own else key or str(uuid4())
        return Intention(Door.DIRECT, name, self.meta.target_of(caller), self._declared(limits))

    def _declared(self, limits: Limits) -> Declared:
        # Of a name that is too long the end is kept: it says what kind of file this is.
        name, size, digest = display_name(self.name[-LONGEST:]), self.meta.size, self.meta.sha256
        if self.mime not in limits.accepted_types:
            kind = repr(self.mime[:127]) if self.mime else "of no known type"
            raise UnsupportedType(f"{name} is {kind}; accepted are {', '.join(sorted(limits.accepted_types))}.")
        if size is not None and not limits.min_bytes <= size <= limits.max_bytes:
            told = f"{name} has {size} bytes; {limits.min_bytes} to {limits.max_bytes} are accepted"
            raise ValidationFailed(f"{told}.", errors=[{"pointer": "#/metadata/size", "detail": told}])
        return Declared(name, size, self.mime, digest.lower() if digest else None)


class SignRequest(Body):
    """What Uppy 6 asks its app's signer: a method, a key, and what is left of a multipart upload."""

    model_config = ConfigDict(extra="allow")

    method: Literal["PUT", "POST", "GET", "DELETE"]
    key: str = Field(min_length=1, max_length=LONGEST_KEY)
    content_type: str | None = Field(default=None, alias="contentType", max_length=127)
    upload_id: str | None = Field(default=None, alias="uploadId", min_length=1)
    part_number: StrictInt | None = Field(default=None, alias="partNumber", ge=1, le=companion.MOST_PARTS)
    metadata: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_of_six(self) -> Self:
        """One object (PUT), or one multipart upload: begun (POST), then listed, filled, completed or aborted."""
        if self.upload_id is None and (self.method in {"GET", "DELETE"} or self.part_number):
            raise ValueError("send uploadId: without it only PUT (one object) and POST (begin) are signed")
        if self.upload_id is not None and (self.method == "PUT") != (self.part_number is not None):
            raise ValueError("send partNumber with PUT and uploadId, and with nothing else")
        return self

    def new_file(self) -> NewFile:
        """The file that a first request is about; an app may add what it knows as metadata, or beside the key."""
        mime = self.content_type or KINDS.get(self.key.rpartition(".")[2].lower(), "")
        return NewFile(self.key, mime, parse(Meta, {**(self.metadata or {}), **(self.model_extra or {})}))

"""Upload tokens at work: one made for a project, and whether one covers what its bearer is about to do."""

import json
from dataclasses import dataclass, replace
from uuid import UUID, uuid4, uuid5

from shared.deps import Deps
from shared.errors import AppError, Forbidden, IdempotencyKeyReused, NotFound
from shared.photos import Caller, Target, UploadToken, Verdict
from shared.uploads.verdicts import refusal_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a token for."""

    project_id: UUID
    operations: frozenset[str]
    types: frozenset[str]
    max_files: int
    max_bytes: int | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Made:
    """A token, its text, and whether it is the one that was made for this key before."""

    token: UploadToken
    text: str
    replayed: bool


def make(caller: Caller, wish: Wish, key: str | None, deps: Deps) -> Made:
    """Write the allowance down, then sign; the same key again is the same token, and ends when that one does."""
    until = deps.upload_tokens.expiry(wish.seconds)
    token = UploadToken(_id_of(caller, key), wish.project_id, wish.operations, wish.types, until)
    verdict, ends = deps.allowances.mint(caller, token, wish.max_files, wish.max_bytes)
    if ends is None:
        raise _refusal(verdict)
    token = replace(token, expires_at=ends)
    text = deps.upload_tokens.mint(replace(caller, upload_token=token))
    return Made(token, text, replayed=key is not None and verdict is Verdict.REPLAY)


def covers(caller: Caller, target: Target, mime: str | None = None) -> bool:
    """Whether the upload token, if the caller came with one, reaches this far: to one project, for some types."""
    token = caller.upload_token
    return token is None or (_is_project(token, target) and (mime is None or mime in token.types))


def require_fits(caller: Caller, target: Target, mime: str | None = None) -> None:
    """Refuse what the upload token does not cover; a type that is not known yet must be asked about again."""
    token = caller.upload_token
    if token is None:
        return
    if not _is_project(token, target):
        raise Forbidden(f"This upload token is for project {token.project_id} alone: send photos to that one.")
    if mime is not None and mime not in token.types:
        raise Forbidden(f"This upload token is for {', '.join(sorted(token.types))}, and not for {mime}.")


def _is_project(token: UploadToken, target: Target) -> bool:
    return target == Target(project_id=token.project_id)


def _id_of(caller: Caller, key: str | None) -> UUID:
    # Without a key nobody can repeat the request, so a name that nobody knows will do.
    return uuid4() if key is None else uuid5(caller.org_id, json.dumps(["upload token", caller.actor_id, key]))


def _refusal(verdict: Verdict) -> AppError:
    if verdict is Verdict.REUSED:
        return IdempotencyKeyReused(
            "This Idempotency-Key was used for an upload token that allows something else. Use a new key."
        )
    if verdict is Verdict.FORBIDDEN:
        return Forbidden(
            "Viewers cannot have upload tokens made. Ask an admin of the organisation for the member role."
        )
    if verdict is Verdict.NO_TARGET:
        return NotFound("The project does not exist, or it is not yours.")
    return refusal_of(verdict)

"""Who signs: the credentials that the runtime hands to this function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from shared.errors import Misconfigured

ACCESS_KEY = "AWS_ACCESS_KEY_ID"
SECRET_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable, not a secret
TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 - same
EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key to sign with; an URL signed by it dies with it, so its end is kept when it is known."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read what Lambda sets, and name everything that is missing."""
        missing = [name for name in (ACCESS_KEY, SECRET_KEY) if not env.get(name)]
        if missing:
            raise Misconfigured(
                f"AWS credentials are missing: {', '.join(missing)}. "
                "Give the function a role, or export the variables.",
                settings=missing,
            )
        return cls(env[ACCESS_KEY], env[SECRET_KEY], env.get(TOKEN) or None, _moment(env.get(EXPIRATION)))

    def seconds_left(self, at: datetime) -> float | None:
        """How long these still sign; None when nobody told us their end."""
        return None if self.expires_at is None else (self.expires_at - at).total_seconds()


def region_from_env(env: Mapping[str, str]) -> str:
    """Say which region to sign for."""
    if region := env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION"):
        return region
    raise Misconfigured("AWS_REGION is missing: set it to the region of the stack.", settings=["AWS_REGION"])


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(
            f"{EXPIRATION} is {text!r}; expected ISO 8601 like 2030-01-31T12:00:00Z.", settings=[EXPIRATION]
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

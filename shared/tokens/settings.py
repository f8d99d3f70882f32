"""What a deployment must say about the tokens it trusts."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from shared.settings import Settings

# A template's parameter that was left out arrives as an empty string.
_BlankIsAbsent = BeforeValidator(lambda value: value or None)


class TokenSettings(Settings):
    """Whose tokens, for whom, and proven by a shared secret or by published keys: never by both."""

    token_issuer: str = Field(min_length=1)
    token_audience: str = Field(min_length=1)
    token_jwks_url: Annotated[str | None, _BlankIsAbsent] = None
    token_secret: Annotated[SecretStr | None, _BlankIsAbsent] = Field(default=None, validate_default=True)

    @field_validator("token_secret")
    @classmethod
    def _exactly_one(cls: type[Self], secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # One verifier with both would hold two families of algorithms: the way to forge with a public key.
        if (secret is None) == (info.data.get("token_jwks_url") is None):
            raise ValueError("set exactly one of TOKEN_SECRET (or TOKEN_SECRET_ARN) and TOKEN_JWKS_URL")
        return secret

"""From settings to a Verifier: the only place that chooses between the two kinds of keys."""

from collections.abc import Callable, Mapping

from shared.tokens.keys import Keys, SharedSecret
from shared.tokens.settings import TokenSettings
from shared.tokens.verify import Verifier


def build_verifier(env: Mapping[str, str], fetch_secret: Callable[[str], str]) -> Verifier:
    """Make the deployment's verifier; Misconfigured when its settings do not make one."""
    settings = TokenSettings.from_env(_resolved(env, fetch_secret))
    return Verifier(_keys(settings), issuer=settings.token_issuer, audience=settings.token_audience)


def _resolved(env: Mapping[str, str], fetch_secret: Callable[[str], str]) -> Mapping[str, str]:
    arn = env.get("TOKEN_SECRET_ARN")
    if not arn or env.get("TOKEN_SECRET"):
        return env
    return {**env, "TOKEN_SECRET": fetch_secret(arn)}


def _keys(settings: TokenSettings) -> Keys:
    if settings.token_secret is not None:
        return SharedSecret(settings.token_secret.get_secret_value())
    # Its cryptography costs tens of milliseconds that a deployment with a secret need not pay.
    from shared.tokens.jwks import Jwks  # noqa: PLC0415

    return Jwks(settings.token_jwks_url or "")

"""Where a function gets its secrets: Secrets Manager, because nothing secret stands in its environment."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from shared.aws.credentials import Credentials, region_from_env
from shared.aws.endpoints import ENDPOINT_URL
from shared.aws.http import HttpClient, NoAnswer, NotSent
from shared.aws.json_api import CallRefused, JsonApi
from shared.aws.reach import Reach
from shared.errors import Misconfigured, Unavailable
from shared.failures import classify

ARN_REGION: Final = 3


def fetch_secret(
    arn: str,
    env: Mapping[str, str],
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> str:
    """Return the current value of one secret."""
    try:
        # Asked once in the life of a container: nothing is gained by keeping the connection.
        with closing(HttpClient()) as http:
            told = _api(arn, env, http, clock).call("GetSecretValue", {"SecretId": arn}, repeatable=True)
    except (NotSent, NoAnswer) as error:
        raise Unavailable("Secrets Manager cannot be reached right now.") from error
    except CallRefused as error:
        raise _refusal(arn, error) from error
    value = told.get("SecretString")
    if not isinstance(value, str):
        raise Misconfigured("A secret holds no text: store it as a SecretString.", secret=arn)
    return value


def _api(arn: str, env: Mapping[str, str], http: HttpClient, clock: Callable[[], datetime]) -> JsonApi:
    region = (arn.split(":") + [""] * ARN_REGION)[ARN_REGION] or region_from_env(env)
    reach = Reach(region, Credentials.from_env(env), http, clock, env.get(ENDPOINT_URL))
    return JsonApi("secretsmanager", reach, target="secretsmanager", version="1.1")


def _refusal(arn: str, error: CallRefused) -> Misconfigured | Unavailable:
    if classify("secrets", error.status, error.code) in {"transient", "ambiguous"}:
        return Unavailable("Secrets Manager cannot answer right now.", reason=error.code)
    return Misconfigured(
        f"A secret cannot be read ({error.code}): the deployment must be repaired.",
        secret=arn,
        reason=str(error),
        check="it must exist, and the function's role must allow secretsmanager:GetSecretValue on it",
    )

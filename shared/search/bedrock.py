"""How Amazon Bedrock is asked: once, in time, and with its no turned into one of our errors."""

from typing import TYPE_CHECKING, Any, Final

from shared.aws.credentials import Credentials
from shared.errors import AppError, Misconfigured, ProviderDown, Unavailable
from shared.failures import diagnose
from shared.search.errors import EmbedderBusy, EmbedderFailed, EmbedderUnavailable, EmbeddingRefused

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

JSON: Final = "application/json"
CONNECT_SECONDS: Final = 2.0
SLOW_DOWN_SECONDS: Final = 2
LONGEST_REASON: Final = 200
CHECK: Final = "that the role allows bedrock:InvokeModel, and that the account and the region have the model"


class Bedrock:
    """One account in one region."""

    def __init__(self, region: str, credentials: Credentials, endpoint_url: str | None = None) -> None:
        self._region = region
        self._credentials = credentials
        self._endpoint_url = endpoint_url
        self._clients: dict[int, Any] = {}

    def invoke(self, model: str, body: bytes, timeout: float) -> bytes:
        """Send this to the model and return what it answers."""
        # Whoever gets here waits for botocore anyway; whoever only imports this does not.
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            answer = self._client(timeout).invoke_model(modelId=model, body=body, contentType=JSON, accept=JSON)
            reply: bytes = answer["body"].read()
        except ClientError as error:
            raise _refusal(error) from error
        except BotoCoreError as error:
            raise _silence(error) from error
        return reply

    def _client(self, timeout: float) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
        # A client's timeouts are fixed when it is made: one for every number of whole seconds.
        seconds = int(timeout)
        if seconds < 1:
            raise Unavailable("There is no second left to ask Bedrock. Send this again.", retry_after=1)
        if seconds not in self._clients:
            self._clients[seconds] = self._connected(seconds)
        return self._clients[seconds]

    def _connected(self, seconds: int) -> Any:  # noqa: ANN401 - same
        """Make a client that is told everything: nothing of the machine's own settings is believed."""
        from boto3.session import Session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        connect = min(CONNECT_SECONDS, seconds / 2)
        config = Config(
            connect_timeout=connect,
            read_timeout=seconds - connect,
            retries={"total_max_attempts": 1},
            # Else a bearer token in the environment would speak in place of the role.
            signature_version="v4",
            proxies={},
            ignore_configured_endpoint_urls=True,
        )
        session = Session(self._credentials.access_key, self._credentials.secret_key, self._credentials.token)
        return session.client("bedrock-runtime", self._region, endpoint_url=self._endpoint_url, config=config)


def _refusal(error: "ClientError") -> AppError:
    """Turn a no into the error that says what must follow."""
    response = error.response
    status = int(response["ResponseMetadata"]["HTTPStatusCode"])
    said = f"{response['Error'].get('Code', '')}: {response['Error'].get('Message', '')}"
    rule = diagnose("bedrock", status, said)
    refused: AppError
    match rule.failure_class:
        case "outage":
            refused = ProviderDown("Bedrock refuses us: it must be repaired.", check=CHECK)
        case "permanent":
            refused = EmbeddingRefused("Bedrock refuses to embed this for good.")
        case "transient" if rule.type == "rate_limited":
            refused = EmbedderBusy("Bedrock asks us to come back later.", retry_after=_wait(response))
        case "ambiguous":
            refused = EmbedderFailed("Bedrock failed to embed this.")
        case _:
            refused = EmbedderUnavailable("Bedrock cannot embed right now.")
    refused.facts |= {"reason": f"{status} {said}"[:LONGEST_REASON], "failure_type": rule.type}
    return refused


def _wait(response: Any) -> int:  # noqa: ANN401 - as botocore parsed it
    told = response["ResponseMetadata"].get("HTTPHeaders", {}).get("retry-after", "")
    return int(told) if told.isdecimal() else SLOW_DOWN_SECONDS


def _silence(error: "BotoCoreError") -> AppError:
    """Tell apart why no answer came."""
    from botocore.exceptions import ConnectionError as NotConnected  # noqa: PLC0415
    from botocore.exceptions import HTTPClientError  # noqa: PLC0415

    if isinstance(error, NotConnected):
        return EmbedderUnavailable("Bedrock cannot be reached: nothing was sent.", failure_type="not_sent")
    if isinstance(error, HTTPClientError):
        return EmbedderUnavailable("Bedrock did not answer.", failure_type="no_answer")
    return Misconfigured(f"Bedrock cannot be asked: {type(error).__name__}. Check the region and AWS_PROFILE.")

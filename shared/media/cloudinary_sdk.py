"""How the vendor's uploader is called, so that it sends once, ends in time, and tells what it knows."""

import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Final

import urllib3
from urllib3.exceptions import ConnectTimeoutError, SSLError

from shared.aws.http import NoAnswer, NotSent
from shared.media.cloudinary_account import Account
from shared.media.cloudinary_answers import Said

UNREADABLE: Final = re.compile(r"Error parsing server response \((\d{3})\)")
# Of a file name the SDK wants one; what the user called it is in the ledger.
FILE_NAME: Final = "photo"


class Uploader:
    """The SDK, told everything at every call: nothing of its global settings is believed."""

    def __init__(self, account: Account) -> None:
        # At its import the SDK reads the environment, and takes longer than all the rest of a handler.
        from cloudinary import uploader  # noqa: PLC0415

        # It has no option for this. Its pool repeats a failed connect three times, each for the whole timeout.
        uploader._http.connection_pool_kw["retries"] = False  # noqa: SLF001
        self._sdk: Any = uploader
        self._always: Mapping[str, object] = {
            "cloud_name": account.cloud_name,
            "api_key": account.api_key,
            "api_secret": account.api_secret,
            "upload_prefix": account.upload_prefix,
            "signature_algorithm": account.signature_algorithm,
            "signature_version": 2,
            "oauth_token": None,
            "resource_type": "image",
            "type": "upload",
            "return_error": True,
        }

    def upload(
        self,
        source: bytes | memoryview | str,
        public_id: str,
        *,
        context: Mapping[str, str],
        tags: list[str],
        timeout: float,
    ) -> Said:
        """Send bytes, or the URL that Cloudinary shall fetch them from."""
        # Neither a file object nor a copy: a view is written straight into the request's one body.
        return self._once(
            self._sdk.upload,
            source,
            public_id=public_id,
            filename=FILE_NAME,
            overwrite=True,
            upload_preset=None,
            context=dict(context),
            tags=tags,
            timeout=timeout,
        )

    def destroy(self, public_id: str, *, timeout: float) -> Said:
        return self._once(self._sdk.destroy, public_id, invalidate=True, timeout=timeout)

    def tag(self, tag: str, public_ids: list[str], *, timeout: float) -> Said:
        return self._once(self._sdk.add_tag, tag, public_ids, timeout=timeout)

    def _once(self, call: Callable[..., object], *args: object, timeout: float, **options: object) -> Said:
        # A plain number would be granted anew to the connection, the sending and every piece of the reply.
        limit = urllib3.Timeout(total=timeout)
        try:
            reply = call(*args, timeout=limit, **self._always, **options)
        except self._sdk.Error as error:
            return _salvaged(error)
        except TypeError as error:
            # So the SDK ends on JSON that is not what it expects; the request has left by then.
            raise NoAnswer("the reply is JSON, but not an object as documented") from error
        if not isinstance(reply, dict):
            raise NoAnswer("the reply is JSON, but not an object")
        refused = reply.get("error")
        return Said(refused["http_code"] if refused else 200, reply)


def _salvaged(error: Exception) -> Said:
    """Tell apart by the cause what the SDK has made one error of."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ConnectTimeoutError) or _is_a_stranger(cause):
        raise NotSent(f"cannot connect to Cloudinary: {type(cause).__name__}") from error
    unreadable = UNREADABLE.search(str(error))
    if unreadable:
        return Said(int(unreadable[1]), {})
    raise NoAnswer(f"no answer from Cloudinary: {type(cause).__name__}") from error


def _is_a_stranger(cause: BaseException | None) -> bool:
    """A certificate that proves nothing ends the handshake, before anything of ours is sent."""
    return isinstance(cause, SSLError) and isinstance(cause.args[0], ssl.SSLCertVerificationError)

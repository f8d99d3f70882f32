"""How the vendor's SDK is called, so that it sends once, ends in time, and tells what it knows."""

import hashlib
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import httpx
import imagekitio

from shared.aws.http import NoAnswer, NotSent
from shared.media.imagekit_account import Account
from shared.media.imagekit_answers import Original, Said
from shared.media.imagekit_deadline import timed_transport, within

NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
CHUNK: Final = 1 << 16
# Nobody waits so long: the transport ends a call when its own time is over.
LONGEST: Final = 600.0
# More than a file and a folder of one name there cannot be at one place.
MOST_HITS: Final = 10


class Sdk:
    """The SDK, told everything: nothing that it finds in the environment is believed."""

    def __init__(self, account: Account) -> None:
        self._http = httpx.Client(
            transport=timed_transport(), trust_env=False, timeout=LONGEST, follow_redirects=False
        )
        # One for each address: with an address of its own the SDK would send uploads there too.
        self._uploads = self._at(account.upload_base, account.private_key).files.with_raw_response
        api = self._at(account.api_base, account.private_key)
        self._files = api.files.with_raw_response
        self._assets = api.assets.with_raw_response
        self._copies = api.cache.invalidation.with_raw_response

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """How long all that is called in this block may take, together."""
        return within(seconds)

    def upload(self, source: bytes | memoryview | str, folder: str, file: str, tags: list[str]) -> Said:
        """Send bytes, or the URL that ImageKit shall fetch them from."""
        # Without a file name it is a field like any other; of a URL the SDK itself would want to make a file.
        part = (None, source) if isinstance(source, str) else (file, _View(source))
        return _once(
            lambda: self._uploads.upload(
                file=part,
                file_name=file,
                folder=folder,
                tags=tags,
                use_unique_file_name=False,
                overwrite_file=True,
            )
        )

    def search(self, folder: str, file: str) -> Said:
        return _once(lambda: self._assets.list(path=folder, search_query=f'name = "{file}"', limit=MOST_HITS))

    def details(self, file_id: str) -> Said:
        return _once(lambda: self._files.get(file_id))

    def delete(self, file_id: str) -> Said:
        return _once(lambda: self._files.delete(file_id))

    def purge(self, url: str) -> Said:
        return _once(lambda: self._copies.create(url=url))

    def original(self, url: str) -> Said:
        """Take a look at what viewers get; of its bytes only their digest is kept."""
        try:
            with self._http.stream("GET", url, headers={"accept-encoding": "identity"}) as response:
                if response.status_code != 200:
                    return Said(response.status_code, None, response.headers.get("x-ratelimit-reset"))
                size, digest = 0, hashlib.md5(usedforsecurity=False)
                for part in response.iter_bytes(CHUNK):
                    size += len(part)
                    digest.update(part)
        except httpx.HTTPError as error:
            # Even when nothing was sent now: this is asked about a file after something else was.
            raise NoAnswer(f"no answer from ImageKit's delivery: {type(error).__name__}") from error
        mime = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Said(200, Original(size, digest.hexdigest(), mime))

    def close(self) -> None:
        self._http.close()

    def _at(self, base: str, private_key: str) -> Any:  # noqa: ANN401 - the SDK is no part of our types
        client: Any = imagekitio.ImageKit(
            private_key=private_key,
            password="",
            base_url=base,
            timeout=LONGEST,
            max_retries=0,
            http_client=self._http,
        )
        # No option can keep it from adding what stands in IMAGE_KIT_CUSTOM_HEADERS.
        client._custom_headers = {}  # noqa: SLF001
        return client


class _View(io.RawIOBase):
    """A photo as a file that is read piece by piece: as bytes it would be copied whole, and more than once."""

    def __init__(self, body: bytes | memoryview) -> None:
        self._view = memoryview(body).cast("B")
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        part = self._view[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._view)}[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at


def _once(call: Callable[[], Any]) -> Said:
    try:
        response: httpx.Response = call().http_response
    except imagekitio.APIStatusError as error:
        response = error.response
    except imagekitio.APIConnectionError as error:
        raise _silence(error.__cause__) from error
    return Said(response.status_code, _facts(response), response.headers.get("x-ratelimit-reset"))


def _facts(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _silence(cause: BaseException | None) -> NotSent | NoAnswer:
    if isinstance(cause, NEVER_SENT):
        return NotSent(f"cannot connect to ImageKit: {type(cause).__name__}")
    return NoAnswer(f"no answer from ImageKit: {type(cause).__name__}")

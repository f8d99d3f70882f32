"""How photos live at Cloudinary: one name, one asset, and no reply believed unsigned."""

import hmac
import json
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from shared.aws.http import Answer, HttpClient
from shared.errors import OutcomeUnknown
from shared.media.cloudinary_account import Account
from shared.media.cloudinary_answers import CLOUDINARY, Resource, Said, refusal, understood
from shared.media.cloudinary_words import context_of, public_id, tags_of
from shared.photos import StoredObject, StoreName
from shared.photos.images import Asset

if TYPE_CHECKING:
    from shared.media.cloudinary_sdk import Uploader

GONE: Final = frozenset({"ok", "not found"})


class CloudinaryStore:
    """One account. Nothing is tried twice here: whoever calls knows how much time there is."""

    name: Final = StoreName.CLOUDINARY

    def __init__(
        self,
        account: Account,
        *,
        http: HttpClient,
        clock: Callable[[], datetime],
        timeout: float = 10.0,
    ) -> None:
        self._account = account
        self._http = http
        self._clock = clock
        self._timeout = timeout

    def put(self, name: str, asset: Asset, timeout: float) -> StoredObject:
        """Store this asset; the same bytes again are the same success. What came of it is for `verify` to judge."""
        wanted = public_id(name)
        context, tags = context_of(asset.labels), tags_of(asset.tags, asset.labels)
        said = CLOUDINARY.heard(
            "store",
            lambda: self._uploader.upload(asset.source, wanted, context=context, tags=tags, timeout=timeout),
            writes=True,
        )
        self._insist(said, "store", writes=True)
        resource = understood("store", said, writes=True)
        self._insist_authentic(resource)
        return resource.stored()

    def look(self, name: str, version: str | None = None) -> StoredObject | None:  # noqa: ARG002
        """Ask what is there. It costs one of 500 calls an hour, and is no part of an upload.

        A name has one asset, whose version grows when the same bytes arrive again: the name tells all.
        """
        said = CLOUDINARY.heard("look", lambda: self._ask_admin(f"/{quote(public_id(name))}"), writes=False)
        if said.is_absent:
            return None
        self._insist(said, "look", writes=False)
        return understood("look", said, writes=False).stored()

    def delete(self, name: str, version: str | None = None) -> bool:  # noqa: ARG002 - one name, one asset
        """Remove what is under this name, and its copies near the viewers, and say whether there was anything."""
        wanted = public_id(name)
        said = CLOUDINARY.heard("delete", lambda: self._uploader.destroy(wanted, timeout=self._timeout), writes=True)
        self._insist(said, "delete", writes=True)
        if said.facts.get("result") not in GONE:
            raise OutcomeUnknown("Cloudinary does not say whether it deleted.", failure_type="no_answer")
        return said.facts["result"] == "ok"

    def url(self, stored: StoredObject, expires: int) -> str:  # noqa: ARG002 - a delivery URL does not end
        """Where to see it: the address that Cloudinary gave when it was stored."""
        return stored.ref["secure_url"]

    @cached_property
    def _uploader(self) -> "Uploader":
        # Only who writes waits for the SDK.
        from shared.media.cloudinary_sdk import Uploader  # noqa: PLC0415

        return Uploader(self._account)

    def _ask_admin(self, what: str, *, max_bytes: int | None = None) -> Said:
        # Not through the SDK: it repeats a GET three times, each for the whole timeout.
        account = self._account
        url = f"{account.upload_prefix}/v1_1/{quote(account.cloud_name)}/resources/image/upload{what}"
        headers = {"authorization": account.basic_auth, "accept": "application/json"}
        return _read(self._http.request("GET", url, headers=headers, timeout=self._timeout, max_bytes=max_bytes))

    def _insist(self, said: Said, action: str, *, writes: bool) -> None:
        if not said.is_good:
            raise refusal(action, said, writes=writes, now=self._clock())

    def _insist_authentic(self, resource: Resource) -> None:
        """Believe only who knows our secret, and only that this call stored what is there."""
        expected = self._account.signature_of(resource.public_id, resource.version)
        if not hmac.compare_digest(expected.encode(), resource.signature.encode()):
            raise OutcomeUnknown("The reply is not signed by Cloudinary.", failure_type="other_content")
        if resource.existing:
            raise OutcomeUnknown("Cloudinary kept an asset that was there before.", failure_type="other_content")


def _read(answer: Answer) -> Said:
    try:
        facts = json.loads(answer.body)
    except ValueError:
        facts = {}
    resets = answer.headers.get("x-featureratelimit-reset")
    return Said(answer.status, facts if isinstance(facts, dict) else {}, resets)

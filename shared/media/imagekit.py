"""How photos live at ImageKit: one name, one file, and no upload believed before its bytes were seen again."""

from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from shared.errors import Misconfigured
from shared.media.imagekit_account import Account
from shared.media.imagekit_answers import IMAGEKIT, File, Original, found, refusal, understood, unseen
from shared.media.imagekit_words import place_of, tags_of
from shared.photos import StoredObject, StoreName
from shared.photos.images import Asset

if TYPE_CHECKING:
    from shared.media.imagekit_answers import Said
    from shared.media.imagekit_sdk import Sdk


class ImageKitStore:
    """One account. Nothing is tried twice here: whoever calls knows how much time there is."""

    name: Final = StoreName.IMAGEKIT

    def __init__(self, account: Account, *, timeout: float = 10.0) -> None:
        self._account = account
        self._timeout = timeout

    def put(self, name: str, asset: Asset, timeout: float) -> StoredObject:
        """Store this asset; the same bytes again are the same success. What came of it is for `verify` to judge.

        The names of attempts are never used again, so what an upload overwrites is an earlier try of itself.
        """
        folder, file = place_of(name)
        tags = tags_of(asset.tags, asset.labels)
        with self._sdk.within(timeout):
            said = IMAGEKIT.heard("store", lambda: self._sdk.upload(asset.source, folder, file, tags), writes=True)
            _insist("store", said, writes=True)
            return self._seen(understood("store", said.facts, writes=True), writes=True)

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        """Ask what is there, and see it: no search and no details tell more of its bytes than how many there are."""
        with self._sdk.within(self._timeout):
            file = self._find(name, version)
            return None if file is None else self._seen(file, writes=False)

    def delete(self, name: str, version: str | None = None) -> bool:
        """Remove what is under this name, and its copies near the viewers, and say whether there was anything."""
        with self._sdk.within(self._timeout):
            file = self._find(name, version)
            if file is None:
                return False
            try:
                self._purge(file)
            finally:
                # Copies that cannot be purged now are no reason to keep what they were made of.
                said = IMAGEKIT.heard("delete", lambda: self._sdk.delete(file.file_id), writes=True)
            if not said.is_absent:
                _insist("delete", said, writes=True)
            return said.is_good

    def url(self, stored: StoredObject, expires: int) -> str:  # noqa: ARG002 - a delivery URL does not end
        """Where to see the photo as it was uploaded; without `tr`, ImageKit makes of it what it thinks best."""
        return stored.ref["secure_url"]

    def close(self) -> None:
        """Let go of every kept connection."""
        if "_sdk" in self.__dict__:
            self._sdk.close()

    @cached_property
    def _sdk(self) -> "Sdk":
        try:
            # It takes a second to import, and whoever has no photos at ImageKit needs not have it at all.
            from shared.media.imagekit_sdk import Sdk  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise Misconfigured(
                f"A target keeps its photos at ImageKit, but its SDK is not installed ({error.name} is missing). "
                "Add imagekitio>=5.11 to what is deployed: it is the extra 'imagekit' of this package."
            ) from error
        return Sdk(self._account)

    def _find(self, name: str, version: str | None) -> File | None:
        """Find it by its ID, which outlives its contents, or search for it by its name."""
        folder, file = place_of(name)
        if version is None:
            said = IMAGEKIT.heard("look", lambda: self._sdk.search(folder, file), writes=False)
            _insist("look", said, writes=False)
            return found(said, name)
        said = IMAGEKIT.heard("look", lambda: self._sdk.details(version), writes=False)
        if said.is_absent:
            return None
        _insist("look", said, writes=False)
        known = understood("look", said.facts, writes=False)
        return known if known.name == name else None

    def _seen(self, file: File, *, writes: bool) -> StoredObject:
        """Fetch the original and take its digest: the one proof there is.

        ImageKit tells no digest, and one that we put into its tags would prove only what we once wrote. It costs a
        download as large as the upload; of a photo that was stored wrongly, it costs nobody a photo.
        """
        # The version keeps an earlier try of this upload, cached near us, from answering for this one.
        url = f"{self._account.url_of(file.name)}?tr=orig-true&v={quote(file.version.id, safe='')}"
        said = IMAGEKIT.heard("show", lambda: self._sdk.original(url), writes=writes)
        if not isinstance(said.facts, Original):
            raise unseen(said, writes=writes)
        return StoredObject(
            store=StoreName.IMAGEKIT,
            name=file.name,
            size=said.facts.size,
            mime=said.facts.mime,
            md5=said.facts.md5,
            version=file.file_id,
            ref={
                "asset_id": file.file_id,
                "secure_url": url,
                "file_path": file.path,
                "version_id": file.version.id,
            },
        )

    def _purge(self, file: File) -> None:
        """Before the deletion: nobody would find the file again to do it later. It is carried out seconds after."""
        url = self._account.url_of(file.name)
        said = IMAGEKIT.heard("purge", lambda: self._sdk.purge(f"{url}*"), writes=True)
        _insist("purge", said, writes=True)


def _insist(action: str, said: "Said", *, writes: bool) -> None:
    if not said.is_good:
        raise refusal(action, said, writes=writes)

"""How photos live in S3: one name, one object, written once."""

from dataclasses import replace
from typing import Final

from shared.errors import StoreRefused
from shared.media.s3_answers import is_absent, stored
from shared.media.s3_grants import S3Grants, to_base64
from shared.media.s3_multipart import ALREADY_THERE, S3Multipart
from shared.media.s3_prefix import S3Prefix
from shared.media.s3_queries import pinned
from shared.photos import StoredObject, StoreName
from shared.photos.images import Asset


class S3Store(S3Grants, S3Multipart, S3Prefix):
    """One bucket. Whoever waits for an answer here holds no transaction open meanwhile."""

    name: Final = StoreName.S3

    def canonical(self, name: str) -> str:
        """Say where an object is, for programs; it opens nothing."""
        return f"s3://{self._bucket}/{name}"

    def put(self, name: str, asset: Asset, timeout: float) -> StoredObject:
        """Store these bytes under a free name; if they are there already, that is the same success."""
        if asset.body is None:
            raise ValueError("S3 fetches nothing: give it the bytes themselves")
        body, digest = asset.body, asset.sha256
        headers = {"content-type": asset.mime, "if-none-match": "*", "x-amz-checksum-sha256": to_base64(digest)}
        answer = self._ask("PUT", name, "store", headers=headers, body=body, payload_sha256=digest, timeout=timeout)
        if answer.status == ALREADY_THERE:
            return self._same(name, digest)
        self._insist(answer, "store", writes=True)
        there = stored(name, answer, size=memoryview(body).nbytes, mime=asset.mime)
        # The digest was part of the signature: S3 took these bytes because they have it.
        return replace(there, sha256=digest)

    def url(self, stored: StoredObject, expires: int) -> str:
        """Where to see it, for a while."""
        return self.signed_get(stored.name, expires, version=stored.version)

    def delete(self, name: str, version: str | None = None) -> bool:
        """Remove one version, or all there is under exactly this name, and say whether there was anything.

        Unfinished uploads go first: none can then become a version behind our back.
        """
        unfinished = [] if version else self.open_multiparts(name)
        for each in unfinished:
            self.abort_multipart(name, each)
        found = [version] if version else self.versions(name)
        for each in found:
            answer = self._ask("DELETE", name, "delete", query=pinned(each))
            if not is_absent(answer):
                self._insist(answer, "delete", writes=True)
        return bool(unfinished or found)

    def versions(self, name: str) -> list[str]:
        """List every version and delete marker of exactly this name: a plain delete would only hide them."""
        # The XML reader is for the few who delete: the doors should not wait for it.
        from shared.media.s3_versions import page_of_versions  # noqa: PLC0415

        found: list[str] = []
        onward: dict[str, str] | None = {}
        while onward is not None:
            query = {"versions": "", "prefix": name, **onward}
            answer = self._ask("GET", "", "list versions", query=query)
            self._insist(answer, "list versions")
            page = page_of_versions(name, answer.body)
            found += page.versions
            onward = page.onward
        return found

    def _same(self, name: str, digest: str) -> StoredObject:
        there = self.look(name)
        if there is not None and there.sha256 == digest:
            return there
        raise StoreRefused("Another object has this name already; names are used once.", failure_type="name_taken")

"""How all objects are removed whose names begin alike: what is made of one original has many names."""

from shared.media.s3_answers import is_absent
from shared.media.s3_calls import S3Calls
from shared.media.s3_queries import pinned


class S3Prefix(S3Calls):
    """Deletes by the folder."""

    def delete_under(self, prefix: str) -> bool:
        """Remove every version of every name below this folder, and say whether there was anything."""
        if not prefix.strip("/") or not prefix.endswith("/"):
            raise ValueError(f"{prefix!r} is no folder: it would be the beginning of other names, too")
        found = self._versions_under(prefix)
        for name, version in found:
            answer = self._ask("DELETE", name, "delete", query=pinned(version))
            if not is_absent(answer):
                self._insist(answer, "delete", writes=True)
        return bool(found)

    def _versions_under(self, prefix: str) -> list[tuple[str, str]]:
        # The XML reader is for the few who delete: the doors should not wait for it.
        from shared.media.s3_versions import names_and_versions  # noqa: PLC0415

        found: list[tuple[str, str]] = []
        onward: dict[str, str] | None = {}
        while onward is not None:
            answer = self._ask("GET", "", "list versions", query={"versions": "", "prefix": prefix, **onward})
            self._insist(answer, "list versions")
            page, onward = names_and_versions(answer.body)
            found += page
        return found

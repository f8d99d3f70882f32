"""How a large object comes together from its parts, under a name that is written once."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256 as sha256_of
from typing import TYPE_CHECKING, Final

from shared.errors import Unprocessable, UploadExpired
from shared.media.s3_answers import code_of, is_absent, outcome_of
from shared.media.s3_queries import multipart_query
from shared.media.s3_reads import S3Reads

if TYPE_CHECKING:
    from shared.aws.http import Answer
    from shared.media.s3_facts import Part

ALREADY_THERE: Final = 412
BAD_PARTS: Final[Mapping[str, str]] = {
    "InvalidPart": "S3 does not have one of these parts, or has it with another ETag: list the parts that are "
    "there, send the others again, and complete with the ETags that S3 answered.",
    "InvalidPartOrder": "The parts are not in ascending order: name each part once, by its number.",
    "EntityTooSmall": "One of the parts is too small: every part but the last needs at least 5 MiB.",
    "MalformedXML": "S3 cannot read this list of parts: name each part by its number and the ETag that S3 answered.",
}


class S3Multipart(S3Reads):
    """Speaks of uploads that are not objects yet; the readers of XML are only for who comes this way."""

    def begin_multipart(self, name: str, mime: str) -> str:
        """Open an upload in parts, and say its id; nothing is under the name until it is complete."""
        from shared.media.s3_parts import begun  # noqa: PLC0415

        answer = self._ask(
            "POST", name, "begin a multipart upload", headers={"content-type": mime}, query={"uploads": ""}
        )
        self._insist(answer, "begin a multipart upload", writes=True)
        return begun(answer.body)

    def parts(self, name: str, multipart_id: str) -> "list[Part]":
        """List the parts that S3 holds, in order."""
        from shared.media.s3_parts import page_of_parts  # noqa: PLC0415

        found: list[Part] = []
        onward: dict[str, str] | None = {}
        while onward is not None:
            query = {**multipart_query(multipart_id), **onward}
            answer = self._ask("GET", name, "list parts", query=query)
            if is_absent(answer):
                raise _gone()
            self._insist(answer, "list parts")
            parts, onward = page_of_parts(answer.body)
            found += parts
        return found

    def complete_multipart(
        self,
        name: str,
        multipart_id: str,
        parts: Sequence[tuple[int, str]],
        *,
        timeout: float | None = None,
    ) -> None:
        """Make one object of the parts. If the name has its object already, that is the same success."""
        from shared.media.s3_parts import completion  # noqa: PLC0415

        body = completion(parts)
        answer = self._ask(
            "POST",
            name,
            "complete a multipart upload",
            headers={"content-type": "application/xml", "if-none-match": "*"},
            query=multipart_query(multipart_id),
            body=body,
            payload_sha256=sha256_of(body).hexdigest(),
            timeout=timeout,
        )
        self._settle(name, outcome_of(answer))

    def abort_multipart(self, name: str, multipart_id: str) -> None:
        """Throw the parts away; that S3 knows no such upload is the same success."""
        answer = self._ask("DELETE", name, "abort a multipart upload", query=multipart_query(multipart_id))
        if not is_absent(answer):
            self._insist(answer, "abort a multipart upload", writes=True)

    def open_multiparts(self, name: str) -> list[str]:
        """List every upload of exactly this name that is neither complete nor aborted."""
        return [each for page in self._pages_of_multiparts(name) for each in page]

    def _pages_of_multiparts(self, name: str) -> Iterator[tuple[str, ...]]:
        from shared.media.s3_parts import page_of_multiparts  # noqa: PLC0415

        onward: dict[str, str] | None = {}
        while onward is not None:
            query = {"uploads": "", "prefix": name, **onward}
            answer = self._ask("GET", "", "list multipart uploads", query=query)
            self._insist(answer, "list multipart uploads")
            page, onward = page_of_multiparts(name, answer.body)
            yield page

    def _settle(self, name: str, answer: "Answer") -> None:
        code = code_of(answer)
        if code in BAD_PARTS:
            raise Unprocessable(BAD_PARTS[code], reason=code)
        if answer.status == ALREADY_THERE or is_absent(answer):
            # It was completed before, by a call whose answer was lost; or else it never will be.
            if self.look(name) is None:
                raise _gone()
            return
        self._insist(answer, "complete a multipart upload", writes=True)


def _gone() -> UploadExpired:
    return UploadExpired("This multipart upload was aborted, completed, or left open too long: begin a new upload.")

"""What every embedder promises, whoever computes it."""

from typing import Protocol

from shared.search.vectors import Vector


class Embedder(Protocol):
    """The same input is always the same vector; nothing is tried twice here."""

    @property
    def model(self) -> str:
        """The name and the version, kept beside every vector: only vectors of one model can be compared."""

    @property
    def understands_text(self) -> bool:
        """Whether words and pictures have vectors that can be compared."""

    def of_image(self, jpeg_or_webp: bytes, timeout: float) -> Vector: ...

    def of_text(self, text: str, timeout: float) -> Vector:
        """Raise `TextNotUnderstood` where `understands_text` is false."""

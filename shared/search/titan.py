"""How Amazon Titan embeds pictures and words into one space."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Final

from shared.search.bedrock import Bedrock
from shared.search.errors import EmbedderFailed
from shared.search.vectors import DIMENSIONS, Vector, unit

LONGEST_REASON: Final = 200


class TitanEmbedder:
    """Multimodal Embeddings G1. It takes JPEG and PNG, and of text 256 tokens of English."""

    model: Final = "amazon.titan-embed-image-v1"
    understands_text: Final = True

    def __init__(self, bedrock: Bedrock, as_jpeg: Callable[[bytes], bytes]) -> None:
        self._bedrock = bedrock
        self._as_jpeg = as_jpeg

    def of_image(self, jpeg_or_webp: bytes, timeout: float) -> Vector:
        return self._of("inputImage", b64encode(self._as_jpeg(jpeg_or_webp)).decode("ascii"), timeout)

    def of_text(self, text: str, timeout: float) -> Vector:
        return self._of("inputText", text, timeout)

    def _of(self, kind: str, given: str, timeout: float) -> Vector:
        asked = {kind: given, "embeddingConfig": {"outputEmbeddingLength": DIMENSIONS}}
        return unit(_numbers(self._bedrock.invoke(self.model, json.dumps(asked).encode(), timeout)))


def _numbers(reply: bytes) -> list[float]:
    try:
        return [float(number) for number in json.loads(reply)["embedding"]]
    except (KeyError, TypeError, ValueError) as error:
        reason = reply[:LONGEST_REASON].decode(errors="replace")
        raise EmbedderFailed(
            "Titan answered without a vector.", failure_type="other_content", reason=reason
        ) from error

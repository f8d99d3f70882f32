"""Every way in which no vector comes about, as branches of the one tree of errors."""

from typing import ClassVar

from shared.errors import FailureClass, Trouble, Unavailable, Unprocessable


class EmbedderUnavailable(Unavailable):
    """The embedding model cannot be reached right now."""

    code = "embedder_unavailable"


class EmbedderBusy(Unavailable):
    """The embedding model asks us to slow down."""

    code = "embedder_busy"


class EmbedderFailed(Unavailable):
    """The embedding model failed, or answered without a usable vector."""

    code = "embedder_failed"
    failure_class: ClassVar[FailureClass] = "ambiguous"


class EmbeddingRefused(Trouble):
    """The embedding model refuses this input for good."""

    code, status, retryable = "embedding_refused", 422, False
    failure_class: ClassVar[FailureClass] = "permanent"


class TextNotUnderstood(Unprocessable):
    """This model compares pictures with pictures, and knows no words."""

    code = "text_not_understood"

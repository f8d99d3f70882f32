"""What a vector is: so many numbers, of length one."""

import math
from collections.abc import Sequence
from typing import Final

from shared.search.errors import EmbedderFailed

Vector = tuple[float, ...]

DIMENSIONS: Final = 1024


def unit(values: Sequence[float]) -> Vector:
    """Scale to length one, where the cosine and the dot product of two vectors are the same."""
    if len(values) != DIMENSIONS:
        raise EmbedderFailed(
            f"The model answered with {len(values)} numbers instead of {DIMENSIONS}.", failure_type="other_content"
        )
    length = math.hypot(*values)
    # Neither nothing nor what is not a number points anywhere.
    if not 0 < length < math.inf:
        raise EmbedderFailed("The model answered with a vector without a direction.", failure_type="other_content")
    return tuple(value / length for value in values)

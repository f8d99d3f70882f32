"""What is made of an original: two renditions for people, a placeholder, and what the picture told."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rendition:
    """A smaller copy, upright, in sRGB, without any metadata."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Derived:
    """The renditions, and the facts of the original; its size is as displayed."""

    display: Rendition
    thumb: Rendition
    placeholder: str
    width: int
    height: int
    mime: str
    exif: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    animated: bool = False

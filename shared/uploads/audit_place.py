"""How far an audit got: all that the next invocation must know to go on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from shared.photos import StoreName

# What an audit does, one after the other: it reads a part, deals with what it found there, and goes on to the next.
LIST, SETTLE, RETAIN, REPORT = "list", "settle", "retain", "report"


@dataclass(frozen=True, slots=True)
class Part:
    """Objects that are listed together: those below one folder of one store."""

    store: StoreName
    under: str = ""

    @property
    def is_derived(self) -> bool:
        """Whether these objects were made of others, and can be made again."""
        return bool(self.under)

    def prefix(self, stage: str) -> str:
        return f"{self.under}{stage}/"

    def owner_of(self, name: str) -> str:
        """Name the attempt that an object belongs to: {stage}/{organisation}/{upload}/{number}."""
        return "/".join(name.removeprefix(self.under).split("/")[:4]) if self.is_derived else name


# ImageKit lists one folder at a time, and each upload has its own: there is no page of names to compare.
PARTS: Final = (Part(StoreName.S3), Part(StoreName.S3, "derived/"), Part(StoreName.CLOUDINARY))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an audit."""

    part: int = 0
    step: str = LIST
    # Where the list goes on, and the last name that was compared.
    onward: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    # Of this part: names in the store, photos whose names are not, and what seems amiss.
    names: int = 0
    absent: int = 0
    orphans: int = 0
    missing: int = 0
    # Of all parts.
    objects: int = 0
    rows: int = 0
    found: int = 0
    stopped: str | None = None
    # Retention: which rule, where in it, and what went so far.
    rule: int = 0
    rule_after: str = ""
    swept: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: Mapping[str, Any]) -> "Place":
        """Read it back; what another release of the code wrote besides is left out."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in cursor.items() if name in known})

    def cursor(self) -> dict[str, Any]:
        return asdict(self)

    def next_part(self, *, retains: bool) -> "Place":
        """Begin with what comes next; the counts of a part are its own."""
        fresh = replace(self, onward={}, after="", names=0, absent=0, orphans=0, missing=0)
        if self.part + 1 < len(PARTS):
            return replace(fresh, part=self.part + 1, step=LIST)
        return replace(fresh, step=RETAIN if retains else REPORT)

    def stop(self, why: str) -> "Place":
        """Do nothing more than say what was seen."""
        return replace(self, step=REPORT, stopped=why)

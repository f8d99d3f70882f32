"""Faults: in which ways a call of ImageKit can go wrong."""

from collections.abc import Mapping
from enum import StrEnum

from local.stand_in_parts.faults import Orders


class Operation(StrEnum):
    """The kinds of call that are counted and can be made to fail."""

    UPLOAD = "upload"
    LIST = "list"
    DETAILS = "details"
    DELETE = "delete"
    PURGE = "purge"
    DELIVERY = "delivery"


# Besides these, every status from 400 to 599 is a fault: answered so, and nothing applied.
WAYS: Mapping[str, str] = {
    "refuse": "the connection ends before anything was read",
    "lose_reply": "applied, then the connection ends without an answer",
    "slow": "applied, then answered after `seconds`",
    "truncate": "half of the bytes are stored, and the answer is honest about it",
}
ORDERS = Orders(
    operations=tuple(Operation),
    faults=WAYS.keys(),
    statuses=range(400, 600),
    upload_only=("truncate",),
    seconds={"slow": 30.0},
)

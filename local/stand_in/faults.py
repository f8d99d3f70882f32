"""Faults: in which ways a call of Cloudinary can go wrong."""

from enum import StrEnum

from local.stand_in_parts.faults import Orders


class Operation(StrEnum):
    """The kinds of call that are counted and can be made to fail."""

    UPLOAD = "upload"
    EXPLICIT = "explicit"
    DESTROY = "destroy"
    RENAME = "rename"
    TAGS = "tags"
    CONTEXT = "context"
    ADMIN = "admin"
    DELIVERY = "delivery"


class Fault(StrEnum):
    """The ways a call can go wrong.

    refuse      the connection ends before anything was read
    420 500 502_html 401   answered so, and nothing applied
    slow        applied, then answered after `seconds`
    lose_reply  applied, then the connection ends without an answer
    apply_late  the connection ends at once, and the call is applied after `seconds`
    truncate    half of the bytes are stored, and the answer is honest about it
    other_asset foreign bytes lie under the name, and the answer is theirs, validly signed
    """

    REFUSE = "refuse"
    RATE_LIMITED = "420"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502_html"
    UNAUTHORIZED = "401"
    SLOW = "slow"
    LOSE_REPLY = "lose_reply"
    APPLY_LATE = "apply_late"
    TRUNCATE = "truncate"
    OTHER_ASSET = "other_asset"


NOT_APPLIED = frozenset({Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.UNAUTHORIZED})
ORDERS = Orders(
    operations=tuple(Operation),
    faults=tuple(Fault),
    upload_only=(Fault.TRUNCATE, Fault.OTHER_ASSET),
    seconds={Fault.SLOW: 30.0, Fault.APPLY_LATE: 2.0},
)

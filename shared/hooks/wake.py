"""How the courier learns that there may be something to deliver."""

from shared.deps import Deps
from shared.errors import AppError
from shared.log import log


def wake_courier(deps: Deps) -> None:
    """When its bell is broken, it wakes by itself within a minute."""
    try:
        deps.courier_bell.ring()
    except AppError as error:
        log.warning("courier.bell_failed", code=error.code, detail=error.message)

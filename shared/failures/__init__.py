"""What a failure means: the one place that turns an origin, a status and a body into a class."""

from shared.errors import FailureClass
from shared.failures.table import CLASSES, NO_STATUS, RULES, Rule

__all__ = ["CLASSES", "RULES", "Rule", "classify", "diagnose"]


def classify(origin: str, status: int | None, body: str = "") -> FailureClass:
    """Say what must follow; `body` is the provider's text, a SQLSTATE, or the type that was noted before."""
    return diagnose(origin, status, body).failure_class


def diagnose(origin: str, status: int | None, body: str = "") -> Rule:
    """Find the rule that speaks first; the last one speaks for everything."""
    return next(rule for rule in RULES if rule.fits(origin, _written(status), body))


def _written(status: int | None) -> str:
    return NO_STATUS if status is None else str(status)

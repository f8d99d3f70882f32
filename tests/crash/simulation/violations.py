"""What the simulation says when a promise is broken."""


class Violation(BaseException):
    """One of the invariants does not hold; nobody who survives bugs survives this."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name

"""When failed work is tried again: soon, and then later and later, and in the end no more."""

DELAYS = (60.0, 300.0, 900.0, 3_600.0, 21_600.0)
MOST_TRIES = len(DELAYS)


def delay_before(try_number: int) -> float:
    """The pause before this try: 1 m, 5 m, 15 m, 1 h, 6 h."""
    return DELAYS[min(try_number, MOST_TRIES) - 1]

"""How long things may take: until a failed upload is tried again, and until a lost one can no longer land."""

DELAYS = (60.0, 300.0, 900.0, 3_600.0, 21_600.0)
MOST_TRIES = len(DELAYS)
# How late a store may still apply an upload whose answer we lost; our own timeouts are far shorter.
LATEST_LANDING = 3_600


def delay_before(try_number: int) -> float:
    """The pause before this try: 1 m, 5 m, 15 m, 1 h, 6 h."""
    return DELAYS[min(try_number, MOST_TRIES) - 1]

"""How long things may take: until a failed upload is tried again, and until a lost one can no longer land."""

from shared.resilience.schedule import MOST_TRIES, delay_before

__all__ = ["LATEST_LANDING", "MOST_TRIES", "delay_before"]

# How late a store may still apply an upload whose answer we lost; our own timeouts are far shorter.
LATEST_LANDING = 3_600

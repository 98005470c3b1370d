"""Waiting for what a page does a moment later, where nothing of it can be seen.

(Playwright's `wait_for_function` reads its text in the page again and again, which the policy of our pages forbids.)
"""

import time
from collections.abc import Callable


def until(holds: Callable[[], bool]) -> None:
    """Return as soon as this holds; fail when it does not within 15 seconds."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)

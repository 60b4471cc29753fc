"""Generated and mutated files, ids and cursors, the files against a second reader: `make test-fuzz` runs many, `make test` a few, always the same."""

import os

from hypothesis import settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # of each test; 0: the short run


def fuzzing(short: int) -> settings:
    """So many examples in the short run, always the same ones; in the long run FUZZ_EXAMPLES, new ones each time."""
    return settings(max_examples=EXAMPLES or short, derandomize=not EXAMPLES, deadline=None)

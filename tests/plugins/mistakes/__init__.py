"""Mistakes of plugin authors by name. Each is tried as an installed distribution."""

from tests.plugins.mistakes.builders import Mistake
from tests.plugins.mistakes.conditions import CONDITIONS, COUNTED
from tests.plugins.mistakes.declarations import FIELDS, VALUES
from tests.plugins.mistakes.loading import CODE, HOOKS, NAMES, SETTINGS

_GROUPS = (CODE, HOOKS, FIELDS, VALUES, CONDITIONS, COUNTED, NAMES, SETTINGS)
MISTAKES: dict[str, Mistake] = {name: mistake for group in _GROUPS for name, mistake in group.items()}

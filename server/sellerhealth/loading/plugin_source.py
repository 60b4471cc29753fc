"""The source of a plugin: the line on which something stands, and faults that nothing but the source shows."""

import ast
import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from sellerhealth.loading.slips import clock_calls, slips
from sellerhealth.metrics import Metric

_RECENT = dt.timedelta(days=400)  # a day further back was written by hand: no window is longer


class PluginSource:
    """The modules of a plugin that have to do with us, parsed once. The first file is the one that was named."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.first, *_ = [*files, None]
        sources = {file: file.read_bytes() for file in files if file.is_file()}
        self._trees: dict[Path, ast.Module] = {}
        for file, source in sources.items():
            if b"sellerhealth" in source:
                with contextlib.suppress(SyntaxError, ValueError):  # told when it is imported
                    self._trees[file] = ast.parse(source)

    def where(self, *words: str) -> str | None:
        """The file, and the line on which the first of the words stands that stands on one line alone; else the file alone."""
        for word in words:
            lines = [(file, line) for file, tree in self._trees.items() for line in _lines_of(word, tree)]
            if len(lines) == 1:
                return f"{lines[0][0]}, line {lines[0][1]}"
        return None if self.first is None else str(self.first)

    def slips(self) -> Iterator[tuple[str, str]]:
        """What Python did to conditions in silence, and where."""
        for file, tree in self._trees.items():
            for line, problem in slips(tree):
                yield problem, f"{file}, line {line}"

    def frozen_clocks(self, metric: Metric) -> Iterator[tuple[str, str]]:
        """A day or an instant in a measure that the module took from the clock while it was imported, and where."""
        for name, measure in metric.all_measures.items():
            for constant in _times_in(measure.condition):
                calls = [(file, line) for file, tree in self._trees.items() for line in clock_calls(tree)]
                if calls and abs(_day(constant) - dt.datetime.now(dt.UTC).date()) < _RECENT:
                    yield (
                        (
                            f"the measure {name!r} of {metric.key!r} compares with {constant}, taken from the clock at the start: it would stay "
                            "there for as long as the server runs. Leave the days to the windows, or say passed(column, hours=24)"
                        ),
                        f"{calls[0][0]}, line {calls[0][1]}",
                    )
                    return


def _lines_of(word: str, tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=found) | ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) if found == word:
                yield node.lineno
            case ast.keyword(arg=found) if found == word:
                yield node.value.lineno


def _times_in(expression: sa.ColumnElement[bool]) -> Iterator[dt.date]:
    for node in visitors.iterate(expression):
        values = node.value if isinstance(node, sa.BindParameter) else None
        yield from (value for value in (values if isinstance(values, list | tuple) else [values]) if isinstance(value, dt.date))


def _day(time: dt.date) -> dt.date:
    return time.date() if isinstance(time, dt.datetime) else time

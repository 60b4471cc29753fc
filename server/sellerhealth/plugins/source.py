"""The source of a plugin: the line on which something stands, and faults that nothing but the source shows."""

import ast
import contextlib
import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from sellerhealth.checks.source_lint import clock_calls, slips
from sellerhealth.metrics.metric import Metric

_MEANT = b"# sound"  # on a line that is right although it looks like a slip
_IF_MEANT = ". If it is right as it stands, end the line with `# sound`"
_RECENT = dt.timedelta(days=400)  # a day further back is not of the clock: no window is longer


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
        self._meant = {(file, line) for file in self._trees for line, text in enumerate(sources[file].splitlines(), 1) if _MEANT in text}

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
                if (file, line) not in self._meant:
                    yield f"{problem}{_IF_MEANT}", f"{file}, line {line}"

    def frozen_clocks(self, metric: Metric) -> Iterator[tuple[str, str]]:
        """A day or an instant in a measure that the module took from the clock while it was imported, and where."""
        files = {tree: file for file, tree in self._trees.items()}
        calls = sorted({(files[tree], line) for tree, line in clock_calls(files)} - self._meant)
        written = {day for tree in self._trees.values() for day in _written_days(tree)}
        for name, measure in metric.all_measures.items() if calls else ():
            for constant in _times_in(measure.condition):
                if _day(constant) not in written and abs(_day(constant) - dt.datetime.now(dt.UTC).date()) < _RECENT:
                    yield (
                        (
                            f"the measure {name!r} of {metric.key!r} compares with {constant}, taken from the clock at the start: it would stay "
                            "there for as long as the server runs. Leave the days to the windows, or say passed(column, hours=24){_IF_MEANT}"
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


def _written_days(tree: ast.Module) -> Iterator[dt.date]:
    """The days that stand in a module as such: `dt.date(2026, 1, 31)`, `dt.datetime(2026, 1, 31, ...)` or "2026-01-31"."""
    for node in ast.walk(tree):
        with contextlib.suppress(ValueError, TypeError):  # what is no day
            match node:
                case ast.Call(args=[ast.Constant(value=int(year)), ast.Constant(value=int(month)), ast.Constant(value=int(day)), *_]):
                    yield dt.date(year, month, day)
                case ast.Constant(value=str(text)):
                    yield dt.date.fromisoformat(text[:10])


def _times_in(expression: sa.ColumnElement[bool]) -> Iterator[dt.date]:
    for node in visitors.iterate(expression):
        values = node.value if isinstance(node, sa.BindParameter) else None
        yield from (value for value in (values if isinstance(values, list | tuple) else [values]) if isinstance(value, dt.date))


def _day(time: dt.date) -> dt.date:
    return time.date() if isinstance(time, dt.datetime) else time

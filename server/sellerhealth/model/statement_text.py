"""Sends a statement that is kept and sent again as text, on the connection of the driver. SQLAlchemy writes it, once.

SQLAlchemy itself finds the text of each statement by a key of all its expressions, and makes a context and a result. The 30 statements of a
large dashboard took it 8 times as long as bare sqlite3, and take 1.2 to 1.4 times as long as text. What listens to statements and errors is called as by SQLAlchemy.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any, NamedTuple, NoReturn, TypeAlias

import sqlalchemy as sa

Row: TypeAlias = tuple[Any, ...]
Convert: TypeAlias = Callable[[Any], Any]

_ROWS = 1_000  # that are read at once
_LENGTHS = 16  # of lists of values, for each of which a statement has another text
_OFTEN = 5  # sent so many times, a statement is prepared
_FEW = 100  # values of a prepared one: of a page of accounts, planning took a sixth
_MANY = (frozenset, list, tuple)
_PREPARED: Mapping[str, Any] = {"prepare": True}
_COMPILED = "sellerhealth_compiled"  # in the attributes of a statement


def rows_of(connection: sa.Connection, statement: Any, parameters: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a statement. Its text is kept with it."""
    compiled = _compiled(statement, connection.dialect)
    try:
        text = compiled.text(parameters)
        sent, values = text.sent, text.values(parameters)
    except KeyError:  # SQLAlchemy says which parameter is missing
        return map(tuple, connection.execute(statement, parameters))
    driver: Any = connection.connection.driver_connection
    cursor = connection.dialect.loaded_dbapi.RawCursor(driver) if compiled.is_numbered else driver.cursor()
    for listener in connection.dispatch.before_cursor_execute:
        sent, values = listener(connection, cursor, sent, values, compiled, False)
    try:
        cursor.execute(sent, values, **compiled.options(text, parameters))
        rows: Iterable[Row] = (first := cursor.fetchmany(_ROWS))
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, error, sent, values, cursor)
    if len(first) == _ROWS:
        rows = chain(first, _rest(connection, cursor, sent, values))
    convert = compiled.converter(cursor)
    return iter(rows) if convert is None else map(convert, rows)


def send_directly(connection: sa.Connection, text: str) -> None:
    """Sends a text that returns no rows, without the context and the result that SQLAlchemy makes: these take longer than a BEGIN."""
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    try:
        cursor.execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        _fail(connection, error, text, None, cursor)


def _rest(connection: sa.Connection, cursor: Any, sent: str, values: Any) -> Iterator[Row]:
    try:
        while rows := cursor.fetchmany(_ROWS):
            yield from rows
    except connection.dialect.loaded_dbapi.Error as error:  # SQLite looks for a row when it is read
        _fail(connection, error, sent, values, cursor)


def _fail(connection: sa.Connection, error: Exception, sent: str, values: Any, cursor: Any) -> NoReturn:
    # It has no public name. It raises what SQLAlchemy would, calls the listeners that name errors, and closes the connection if the server has.
    connection._handle_dbapi_exception(error, sent, values, cursor, None)


def _compiled(statement: Any, dialect: sa.Dialect) -> "_Compiled":
    # Kept with the statement as long as it is. A statement that is made of another one begins with its attributes.
    found: Mapping[str, _Compiled] = vars(statement).get(_COMPILED, {})
    compiled = found.get(dialect.name)
    if compiled is None or compiled.compiled.statement is not statement:
        compiled = _Compiled(statement, dialect)
        vars(statement)[_COMPILED] = {**found, dialect.name: compiled}
    return compiled


class _Text(NamedTuple):
    """A statement with lists of certain lengths, and how the driver gets its values."""

    sent: str
    constants: Mapping[str, Any]
    single: Sequence[tuple[str, Convert | None]]
    lists: Sequence[tuple[str, Convert | None, Sequence[str]]]  # each with the names of its values
    order: Sequence[str] | None  # None: the driver gets them by name
    times: Iterator[int]  # that it was sent

    def values(self, parameters: Mapping[str, Any]) -> Any:
        """What the driver gets. KeyError for a parameter that is missing."""
        values = dict(self.constants)
        for name, convert in self.single:
            values[name] = parameters[name] if convert is None else convert(parameters[name])
        for name, convert, names in self.lists:
            values.update(zip(names, parameters[name] if convert is None else map(convert, parameters[name]), strict=True))
        return values if self.order is None else [values[name] for name in self.order]


@lru_cache(maxsize=4)
def _numbered(dialect: sa.Dialect) -> sa.Dialect:
    """A dialect with `$1` for a parameter, as PostgreSQL has it. Large statements with `%s` psycopg would read anew each time, in 2 ms."""
    numbered: Any = copy.copy(dialect)
    numbered.paramstyle, numbered.positional = "numeric_dollar", True
    numbered.identifier_preparer = numbered.preparer(numbered)  # which no longer doubles percent signs
    return numbered  # type: ignore[no-any-return]  # it is what was copied


@lru_cache(maxsize=4)
def _of_days(dialect: sa.Dialect) -> Convert | None:
    """What the driver gets for a day. Statements have some days in a hundred parameters."""
    convert = sa.Date().dialect_impl(dialect).bind_processor(dialect)
    return convert and lru_cache(maxsize=1024)(convert)


def _processor(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Convert | None:
    return _of_days(dialect) if type(kind) is sa.Date else kind.dialect_impl(dialect).bind_processor(dialect)


class _Compiled:
    """A statement as SQLAlchemy has compiled it for a kind of database. Listeners get it as the context of its execution."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        self.is_numbered = dialect.driver == "psycopg"
        self.compiled: Any = statement.compile(dialect=_numbered(dialect) if self.is_numbered else dialect)
        self._dialect = dialect
        self._lists = sorted(self.compiled.bind_names[each] for each in self.compiled.post_compile_params)
        self._texts: dict[tuple[int, ...], _Text] = {}
        self._results: Sequence[tuple[int, Convert]] | None = None

    def text(self, parameters: Mapping[str, Any]) -> _Text:
        """Its text for lists that are as long as those among the parameters."""
        lengths = tuple([len(parameters[name]) for name in self._lists])
        if (found := self._texts.get(lengths)) is None:
            found = self._write(parameters)
            others = list(self._texts.items())[1 - _LENGTHS :]
            self._texts = {**dict(others), lengths: found}  # a new one, because threads share it
        return found

    def _write(self, parameters: Mapping[str, Any]) -> _Text:
        state = self.compiled.construct_expanded_state(parameters)
        lists: Mapping[str, Sequence[str]] = state.parameter_expansion
        convert = {name: _processor(each.type, self._dialect) for name, each in self.compiled.binds.items()}
        written = _Text("", {}, [(name, convert.get(name)) for name in state.parameters.keys() - parameters.keys()], [], None, count())
        return _Text(
            state.statement,
            written.values(state.parameters),
            [(name, convert[name]) for name in state.parameters.keys() & parameters.keys()],
            [(name, convert[name], names) for name, names in lists.items()],
            state.positiontup,
            count(),
        )

    def options(self, text: _Text, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """How the driver sends a text: prepared if it is sent often, where the connection allows it.

        Not with many values in a list or an array. PostgreSQL plans a prepared statement for values that it does not know, and
        may compare each row with all of them.
        """
        if not self.is_numbered or next(text.times) < _OFTEN:
            return {}
        return _PREPARED if all(len(each) <= _FEW for each in parameters.values() if isinstance(each, _MANY)) else {}

    def converter(self, cursor: Any) -> Convert | None:
        """What gives a row of the driver the values that SQLAlchemy would return. None if it has them."""
        if self._results is None:
            kinds = [column.type.dialect_impl(self._dialect) for column in self.compiled.statement.selected_columns]
            of_driver = [described[1] for described in cursor.description]
            results = [kind.result_processor(self._dialect, of) for kind, of in zip(kinds, of_driver, strict=True)]
            self._results = [(index, result) for index, result in enumerate(results) if result is not None]
        return self._converted if self._results else None

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for index, convert in self._results or ():
            values[index] = convert(values[index])
        return tuple(values)

"""Remembers documents as they are prepared: parsed, validated, weighed and planned once, for all viewers unless they quote a text.

A quoted text may be the key of an account. If such documents were shared, whoever guesses one could see by the time that it takes whether
another viewer has sent it. Documents with their keys in variables are shared. What depends on variables is remembered only for numbers and
truth values, for the same reason.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, Undefined, parse, print_ast
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from graphql.pyutils import UndefinedType
from strawberry.schema.schema import validate_document

from sellerhealth.graphql.executor.plan import Plan
from sellerhealth.graphql.executor.variables import VariableReader
from sellerhealth.graphql.limits import Estimate

MAX_BYTES = 32_000_000  # of all documents together, about
PARSED = 120  # bytes for a character of a document: as parsed, and what validation leaves
MAX_ESTIMATES = 16  # of an operation, for different variables


class _Remembered(NamedTuple):
    """An estimate, and what it depends on: variables, and anything else."""

    others: Any
    read: Mapping[str, Any]
    estimate: Estimate


class PreparedDocument:
    """A document that was parsed, and what is made of it when it is needed first. Threads may share it."""

    def __init__(self, schema: GraphQLSchema, text: str, rules: tuple[Any, ...], max_tokens: int) -> None:
        """Raises GraphQLError for wrong syntax."""
        self._schema, self._rules = schema, rules
        self.text = text
        self.parsed: DocumentNode = parse(text, max_tokens=max_tokens)
        self.operations = [each for each in self.parsed.definitions if isinstance(each, OperationDefinitionNode)]
        self.fragments = {each.name.value: each for each in self.parsed.definitions if isinstance(each, FragmentDefinitionNode)}
        self._estimates: dict[int, list[_Remembered]] = {}  # by the id of the operation
        self._plans: dict[tuple[Any, ...], Plan] = {}
        self.is_small = False  # whether what ran last cost little, and came to nothing that may take long
        self._variables: dict[int, VariableReader] = {}  # by the id of the operation

    @property
    def bytes(self) -> int:
        """How much memory it takes, about."""
        return len(self.text) * PARSED + sum([plan.bytes for plan in self.plans])

    @cached_property
    def may_have_nul(self) -> bool:
        """Whether a text in it may have the character NUL. Those with an escape of Unicode are rare."""
        return "\0" in self.text or "\\u" in self.text

    @property
    def plans(self) -> list[Plan]:
        """The plans that were made so far."""
        return list(self._plans.values())

    @cached_property
    def fragment_details(self) -> dict[str, FragmentDetails]:
        """The fragments as graphql-core collects their fields."""
        return {name: FragmentDetails(each) for name, each in self.fragments.items()}

    @cached_property
    def errors(self) -> list[GraphQLError]:
        """What validation finds."""
        return validate_document(self._schema, self.parsed, self._rules)

    @cached_property
    def _conditions(self) -> tuple[str, ...]:
        return _conditional_variables(self.parsed)

    def variables_of(self, operation: OperationDefinitionNode) -> VariableReader:
        """What reads the variables of one of its operations. The document must be valid."""
        found = self._variables.get(id(operation))
        return found or self._variables.setdefault(id(operation), VariableReader(self._schema, operation))

    def plan(self, operation: OperationDefinitionNode, variables: VariableValues, before: Callable[[], None]) -> Plan | None:
        """The plan of one of its operations. The document must be valid. `before`: called before a new one is made.

        None where a condition is null, so that fields fail which it is in.
        """
        conditions = [variables.coerced.get(name, Undefined) for name in self._conditions]
        if None in conditions:
            return None
        key = (id(operation), *conditions)
        plan = self._plans.get(key)
        if plan is None:
            before()
            plan = self._plans.setdefault(key, Plan(self._schema, operation, self.fragment_details, variables))
        return plan

    def estimate(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any], others: Any, estimate: Callable[[], Estimate]
    ) -> Estimate:
        """The estimate of an operation: one that depends on nothing that is different, or a new one. `others`: what is no variable."""
        for each in tuple(self._estimates.get(id(operation), ())):
            if each.others == others and all(_is_same(variables.get(name, Undefined), value) for name, value in each.read.items()):
                return each.estimate
        made = estimate()
        if all(value is None or isinstance(value, bool | int | float | UndefinedType) for value in made.read.values()):
            remembered = self._estimates.setdefault(id(operation), [])
            remembered[:] = [_Remembered(others, made.read, made), *remembered[: MAX_ESTIMATES - 1]]
        return made


class DocumentCache:
    """The documents of a schema that were used last."""

    def __init__(self, schema: GraphQLSchema, rules: tuple[Any, ...], max_tokens: int, max_bytes: int = MAX_BYTES) -> None:
        self._schema, self._rules, self._max_tokens, self._max_bytes = schema, rules, max_tokens, max_bytes
        self._documents: OrderedDict[tuple[str | None, str], tuple[PreparedDocument, int]] = OrderedDict()
        self.bytes = 0
        self._lock = Lock()
        self._public: frozenset[str] = frozenset()

    def publish(self, texts: Iterable[str]) -> Mapping[str, list[GraphQLError]]:
        """Prepares documents that are no secret, so that all viewers share them. Returns those that are wrong, with their errors."""
        self._public = frozenset(texts)
        wrong = {}
        for text in self._public:
            try:
                document = self.prepare(None, text)
            except GraphQLError as error:
                wrong[text] = [error]
                continue
            if document.errors:
                wrong[text] = document.errors
            self.remember(None, document)
        return wrong

    def prepare(self, viewer_id: str | None, text: str) -> PreparedDocument:
        """A document of a viewer. Raises GraphQLError for wrong syntax."""
        return self.find(viewer_id, text) or PreparedDocument(self._schema, text, self._rules, self._max_tokens)

    def find(self, viewer_id: str | None, text: str) -> PreparedDocument | None:
        """A document of a viewer, if it is remembered."""
        with self._lock:
            found = self._documents.get(self._key(viewer_id, text))
        return found[0] if found else None

    def remember(self, viewer_id: str | None, document: PreparedDocument) -> None:
        """Remembers a document that was used, with what was made of it meanwhile."""
        key, size = self._key(viewer_id, document.text), document.bytes
        with self._lock:
            known, before = self._documents.get(key, (None, 0))
            if known is not document or before != size:
                self._documents[key] = document, size
            self._documents.move_to_end(key)
            self.bytes += size - before
            while self.bytes > self._max_bytes:
                _, (_, gone) = self._documents.popitem(last=False)
                self.bytes -= gone

    def _key(self, viewer_id: str | None, text: str) -> tuple[str | None, str]:
        return (viewer_id if '"' in text and text not in self._public else None), text


def _is_same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and value == other  # 1 == True == 1.0


def _conditional_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that may decide which fields of a document are selected: those that are Booleans."""
    operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    variables = (each for operation in operations for each in operation.variable_definitions or ())
    return tuple(sorted({each.variable.name.value for each in variables if print_ast(each.type).rstrip("!") == "Boolean"}))

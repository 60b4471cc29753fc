"""The GraphQL endpoint: runs a request and chooses the status and media type of the response. See docs/api/README.md."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

from sellerhealth.access import Viewer
from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.engine.holding import Holding
from sellerhealth.errors import StoreFault
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.error_format import format_errors, is_request_error
from sellerhealth.graphql.execute import Request
from sellerhealth.graphql.operation_checks import RequestError, Throttled
from sellerhealth.graphql.schema import Schema
from sellerhealth.http.authentication import Authentication
from sellerhealth.http.budgets import Budget, Budgets, Charge
from sellerhealth.http.error_body import error_body, failure
from sellerhealth.http.incoming import Incoming
from sellerhealth.http.negotiation import JSON, RESPONSE_JSON, preferred, preferred_locale
from sellerhealth.http.operations import Operations
from sellerhealth.http.origins import is_allowed_origin
from sellerhealth.http.persisted_documents import Documents
from sellerhealth.http.reply import PARTIAL, Reply, response_to
from sellerhealth.http.request import Refused
from sellerhealth.http.request_parser import RequestParser
from sellerhealth.http.response_cache import Answer, Question, ResponseCache
from sellerhealth.locales import Locale
from sellerhealth.request_record import current_record
from sellerhealth.settings import REQUEST_COST, Settings

# From the viewer, the name of the operation, its deadline, what takes its cost from the budget of the viewer, and the locale.
MakeContext: TypeAlias = Callable[[Viewer, str | None, Deadline, Callable[[int], None], Locale | None], Context]
Replied: TypeAlias = tuple[Reply, Holding]  # and how long it holds what was read for it


class Endpoint:
    """The ASGI application for GraphQL requests.

    It does not extend Strawberry's view, because nearly every step would be overridden, and the rest harder to follow.
    """

    def __init__(
        self,
        schema: Schema,
        authentication: Authentication,
        make_context: MakeContext,
        documents: Documents,
        operations: Operations,
        answers: ResponseCache,
        settings: Settings,
    ) -> None:
        self._schema, self._authentication, self._make_context = schema, authentication, make_context
        self._documents, self._operations, self._answers, self._settings = documents, operations, answers, settings
        self._budgets, self._parser = Budgets(settings.cost_per_minute), RequestParser(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(scope, receive)
        media_type = preferred(incoming.header(b"accept"))
        locale = preferred_locale(incoming.header(b"accept-language"))
        budget: Budget | None = None
        try:
            if media_type is None:
                raise Refused(406, f"The response is {RESPONSE_JSON} or {JSON}, and `Accept` allows neither.")
            self._refuse_other_sites(incoming)
            viewer = await self._authentication.viewer_of(scope)  # before the body, which a stranger cannot make us read
            budget = self._budgets.of(viewer.id)
            budget.spend(REQUEST_COST)
            question = Question(viewer, incoming.method, await incoming.content(self._settings.request_limits), locale)
            reply = await self._reply(incoming, question, budget)
        except Refused as refused:
            reply = Reply.of(error_body(refused.message, refused.code), refused.status, refused.sent_headers)
        except Throttled as throttled:
            reply = _throttled(throttled)
        except RequestError as reason:
            reply = Reply.of(error_body(reason.message, reason.code), 422, is_graphql_response=True)
        except DeadlinePassed:
            message = f"The operation was ended after {self._settings.operation_timeout:g} seconds. Request less, or split it into several requests."
            reply = Reply.of(error_body(message, "TIMEOUT"), 504)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - the client expects JSON even if the server fails
            reply = Reply.of(*failure(error))
        of_budget = () if budget is None else budget.headers
        response = response_to(incoming, reply, of_budget, media_type or JSON, locale, audits=self._settings.http_profile == "audits")
        await response.send(send)

    def _refuse_other_sites(self, incoming: Incoming) -> None:
        # A browser asks the server before it POSTs JSON to another site. A GET it sends at once, and only hides the response from the page.
        # Over plain HTTP it may not say from which site, but from which origin.
        if incoming.method != "GET":
            return
        site, origin = incoming.header(b"sec-fetch-site"), incoming.header(b"origin")
        is_of_another = site in ("cross-site", "same-site") or (site is None and origin is not None)
        if is_of_another and not (origin is not None and is_allowed_origin(self._settings, origin)):
            raise Refused(403, "Pages of this site may not send requests. See the setting `cors_origins`.")

    async def _reply(self, incoming: Incoming, question: Question, budget: Budget) -> Reply:
        deadline = Deadline(self._settings.operation_timeout)
        if (answer := await self._remembered(question, budget, deadline)) is not None:
            return Reply(answer.content, 200, is_graphql_response=True, answer=answer)
        graphql = await self._parser.parse(question.method, question.sent)
        document, charge = self._documents.document_of(question.viewer.id, graphql), Charge(budget)
        allowed = OperationType.from_http("GET" if question.method == "GET" else "POST")

        def request(deadline: Deadline) -> Request:
            context = self._make_context(question.viewer, graphql.operation_name, deadline, charge.take, question.locale)
            return Request(document, graphql.operation_name, graphql.variables or {}, context, allowed)

        try:
            is_small = self._schema.is_small(question.viewer, document)
            reply, holding = await self._run(question.viewer, request, deadline, incoming, is_small=is_small)
        except InvalidOperationTypeError as wrong:
            raise Refused(405, f"By GET only queries can be run. Send a {wrong.operation_type.value} by POST.", allow="POST") from wrong
        if reply.answer is not None:
            await self._answers.remember(question, reply.answer, holding, deadline)
        return reply

    async def _run(
        self, viewer: Viewer, request: Callable[[Deadline], Request], deadline: Deadline, incoming: Incoming, *, is_small: bool
    ) -> Replied:
        def replied(request: Request) -> Replied:
            return self._operate(request), request.context.batch.holding

        if is_small and self._operations.runs_small:
            record = current_record()
            before = record.statements if record else 0
            at_once = self._operations.run_small(lambda soon: replied(request(soon)))
            if at_once is not None:
                return at_once
            if record:
                record.statements = before  # it begins again: its answer has nothing of what was read
            is_small = False  # this time it would have taken longer
        return await self._operations.run(viewer.id, partial(replied, request(deadline)), deadline, incoming.gone(), is_small=is_small)

    async def _remembered(self, question: Question, budget: Budget, deadline: Deadline) -> Answer | None:
        """The answer that is remembered for a question, whose document was checked before. Its cost is taken from the budget.

        If the budget has less left, the operation is run to be refused, so the response is that of any other, and nothing is read for it.
        """
        found = self._answers.find(question)
        if found is None or not budget.holds(found.answer.cost):
            return None
        if not await self._answers.is_current(question, found, deadline) or not _is_spent(budget, found.answer):
            return None
        return found.answer

    def _operate(self, request: Request) -> Reply:
        result, context = self._schema.run(request), request.context
        context.deadline.check()  # the fields that it ended are null, with an error that says nothing to clients
        if (fault := _only_fault(result)) is not None:
            raise fault
        errors = {"errors": self._formatted(result, context)} if result.errors else {}
        details = {**(result.extensions or {}), **_read_as_of()}
        extensions = {"extensions": details} if details else {}
        throttled = next((error for error in result.errors or () if isinstance(error, Throttled)), None)
        if throttled is not None:
            return _throttled(throttled, **extensions)
        if is_request_error(result):
            is_syntax = errors["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"
            return Reply.of({**errors, **extensions}, 400 if is_syntax else 422, is_graphql_response=True)
        reply = Reply.of({**errors, "data": result.data, **extensions}, PARTIAL if errors else 200, is_graphql_response=True)
        record = current_record()
        if errors or record is None or context.operation_type is not OperationType.QUERY:
            return reply
        return reply._replace(answer=Answer(reply.content, record.operation, record.cost or 0))

    def _formatted(self, result: ExecutionResult, context: Context) -> Any:
        return format_errors(result, context.metrics, suggestions=self._settings.allows_introspection)


def _throttled(throttled: Throttled, **extensions: Any) -> Reply:
    return Reply.of({**error_body(throttled.message, throttled.code), **extensions}, 429, [(b"retry-after", b"%d" % throttled.seconds)])


def _is_spent(budget: Budget, answer: Answer) -> bool:
    """Takes the cost of an answer that is remembered from the budget, and notes it for the access log."""
    try:
        budget.spend(answer.cost)
    except Throttled:
        return False
    if record := current_record():
        record.cached = True
        record.note_operation(answer.operation, answer.cost)
    return True


def _only_fault(result: ExecutionResult) -> StoreFault | None:
    """The fault of the database for which nothing was answered."""
    faults = [error.original_error for error in result.errors or ()]
    is_answered = any(value is not None for value in (result.data or {}).values())
    return None if is_answered else next((fault for fault in faults if isinstance(fault, StoreFault)), None)


def _read_as_of() -> Mapping[str, str | None]:
    """Says how old an answer may be that was read from a replica."""
    record = current_record()
    if record is None or not record.replayed:
        return {}
    until = record.read_as_of
    return {"readAsOf": None if until is None else until.isoformat(timespec="milliseconds")}

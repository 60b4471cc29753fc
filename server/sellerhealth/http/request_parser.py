"""Parses requests, large ones on a thread: the event loop serves nobody else while it reads JSON."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sellerhealth.http.request import GraphQLRequest, parse
from sellerhealth.settings import Settings

LARGE = 16_000  # bytes: they take less than 2 ms with any content


class RequestParser:
    """Parses on one thread at a time, because a list or object of JSON is read without a break, also for the event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="parser")  # its thread begins with the first large request

    async def parse(self, method: str, content: bytes) -> GraphQLRequest:
        """The GraphQL request of what was received by a method. Raises Refused."""
        if len(content) <= LARGE:
            return parse(method, content, self._settings)
        return await asyncio.get_running_loop().run_in_executor(self._pool, parse, method, content, self._settings)

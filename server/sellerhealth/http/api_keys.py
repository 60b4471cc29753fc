"""Authentication by API keys: those of the store, and one that is made for the life of a process."""

import datetime as dt
import hmac

import structlog

from sellerhealth.access import OWNER, Viewer
from sellerhealth.store import api_keys, revocations
from sellerhealth.store.database import Database

log = structlog.get_logger(__name__)


class ApiKeys:
    """Knows viewers by the API keys of a store. What the keys are used for is noted without ever waiting or failing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def let_anybody_in(self) -> bool:
        """Whether there is a valid key."""
        with self._database.reading() as connection:
            return api_keys.any_valid(connection, dt.datetime.now(dt.UTC))

    def viewer_of(self, token: str | None) -> Viewer | None:
        key_id = None if token is None else api_keys.key_id_of(token)
        if token is None or key_id is None or revocations.is_pending(self._database, key_id):
            return None
        now = dt.datetime.now(dt.UTC)  # not the clock of the settings: a key expires in the real present
        with self._database.reading() as connection:
            found = api_keys.find(connection, token, now)
        if found is None:
            return None
        if found.last_used_at is None or now - found.last_used_at >= api_keys.USE_IS_NOTED_EVERY:
            reason = self._database.try_writing(lambda connection: api_keys.note_use(connection, found.key_id, now))
            if reason is not None:
                log.debug("use_of_key_not_noted", viewer=found.viewer.id, reason=type(reason).__name__)
        return found.viewer


def new_key() -> str:
    """A key for ProcessKey."""
    return api_keys.generate()[1]


class ProcessKey:
    """Knows one key: that of the owner. It is stored nowhere, so it is valid as long as the processes run that know it."""

    def __init__(self, key: str) -> None:
        self._key = key

    def viewer_of(self, token: str | None) -> Viewer | None:
        return OWNER if hmac.compare_digest((token or "").encode(), self._key.encode()) else None

"""Merges the rows of an import into the facts of an account, and counts those that were new, changed facts, or changed nothing."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sellerhealth.facts import Feedback, Order
from sellerhealth.model.tables import Fact
from sellerhealth.sources import Row
from sellerhealth.sources.known_lines import LINES_HASH
from sellerhealth.store.bulk import new_row
from sellerhealth.store.derive import is_accepted
from sellerhealth.store.merge import is_known, is_second, merge, shape_of, version_in_file
from sellerhealth.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Counts:
    """The rows of an import, by the lines that they take up: those that made new facts, changed facts, and changed nothing."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


class RowMerger:
    """Merges rows of one import of an account."""

    def __init__(self, account_id: int, listed: str, file_version: str, version_of: Callable[[dt.datetime], str]) -> None:
        """`listed`: the instant of the report, as facts store it. `file_version`: of what the file says without an instant of its own."""
        self._account_id, self._listed, self._file_version, self._version_of = account_id, listed, file_version, version_of

    def merge(self, work: UnitOfWork, rows: Sequence[Row]) -> Counts:
        """Merges rows with their parts, in any order."""
        new, unchanged = self._merge_rows(work, rows)
        changed = sum(row.lines for row in rows) - new - sum(row.lines for row in unchanged)
        if parts := [part for row in rows for part in row.parts]:
            _, same = self._merge_rows(work, parts)
            without_news = set(map(id, same))
            changed += sum(row.lines for row in unchanged if any(id(part) not in without_news for part in row.parts))
        return Counts(new, changed, sum(row.lines for row in rows) - new - changed)

    def _merge_rows(self, work: UnitOfWork, rows: Sequence[Row]) -> tuple[int, list[Row]]:
        """Merges rows without their parts. Returns how many lines made new facts, and the rows that changed nothing."""
        by_fact: defaultdict[type[Fact], list[Row]] = defaultdict(list)
        for row in rows:
            by_fact[row.fact].append(row)
        new, unchanged, listed = 0, [], self._listed
        account_id, version_at, file_version = self._account_id, self._version_of, self._file_version
        for fact, of_fact in by_fact.items():
            shape = shape_of(fact)
            first, key_of = shape.key[0], shape.key_of
            work.load(fact, first, {row.values[first] for row in of_fact})
            current, changed_keys, is_order = work.current[fact], work.changed[fact], fact is Order
            is_listed, is_feedback = "listed" in shape.blank, fact is Feedback
            for row in of_fact:
                _, values, observed_at, _, _, lines, _ = row
                key = key_of(values)
                if is_order and is_accepted(values.get("status")):
                    values["seen_accepted"] = True  # remembered in case it is cancelled later
                version = version_in_file(file_version, values) if observed_at is None else version_at(observed_at)
                stored = current.get(key)
                if stored is None:
                    stored = new_row(shape, account_id, values, version)
                    if is_listed:
                        stored["listed"] = listed
                    work.add(fact, key, stored)
                    changed_keys[key] = None
                    new += lines
                    continue
                if is_listed and listed > (stored["listed"] or ""):
                    stored["listed"] = listed
                if LINES_HASH in values:
                    stored[LINES_HASH] = values[LINES_HASH]
                if is_known(stored, values, version):
                    unchanged.append(row)
                    continue
                if is_feedback and (doubled := is_second(shape, stored, values, version)) is not None and doubled != stored["doubled"]:
                    stored["doubled"] = doubled
                    changed_keys[key] = None
                if merge(shape, stored, values, version):
                    changed_keys[key] = None
                else:
                    unchanged.append(row)
        return new, unchanged

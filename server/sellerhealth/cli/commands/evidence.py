"""`evidence`: lists the facts behind a measure."""

import csv
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from sellerhealth.cli.options import AccountKey, AsOf, Days, MetricKey, PluginFiles
from sellerhealth.cli.output import print_note, print_table

if TYPE_CHECKING:
    from sellerhealth.access import ReadSession
    from sellerhealth.engine.evidence import EvidenceQuery
    from sellerhealth.store.keyset import Row

PAGE = 500  # facts that are read at once


def evidence(
    metric: MetricKey,
    measure: Annotated[str, typer.Argument(help="The key of one of its measures, for example late.")],
    account: AccountKey,
    as_of: AsOf = None,
    days: Days = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, for programs and spreadsheets.")] = False,
    plugin_files: PluginFiles = None,
) -> None:
    """List the facts that a measure counts, newest first, with what decides them and the other measures that count them."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import find_query, load_without_database, report_refused
    from sellerhealth.engine.evidence import EvidenceQuery, checked_measure

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    query, clock = find_query(settings, loaded, metric, as_of, days)
    measure = checked_measure(query.metric, measure)
    with open_database(settings) as database, owner_session(database, clock, settings.stale_after) as session:
        found = EvidenceQuery(find_account_id(database, account), query, measure)
        columns, rows = _columns(found), _rows(session, found)
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)
        elif listed := list(rows):
            print_table(columns, listed)
        else:
            print_note(f"`{measure}` of {query.metric.key} counts nothing in this window.")


def _columns(evidence: "EvidenceQuery") -> list[str]:
    from sellerhealth.engine.evidence import position_columns
    from sellerhealth.metrics.expressions import instants_compared

    names = [column.name for column in position_columns(evidence.measure)]
    compared = [name for name in instants_compared(evidence.measure) if name not in names]
    return [*names, *compared, "missing", "measures", "leaves_window_on"]


def _rows(session: "ReadSession", evidence: "EvidenceQuery") -> Iterator[list[object]]:
    """The cells of each fact, in the order of the columns."""
    from sellerhealth.engine.evidence import leaves_window_on, measures_of, missing_cells, page_of_evidence, position_columns
    from sellerhealth.store.keyset import PageRequest

    *own, _, _, _ = _columns(evidence)
    after = None
    while True:
        page = page_of_evidence(session, evidence, PageRequest(PAGE, after))
        for row in page.rows:
            decided = " ".join(missing_cells(evidence, row)), " ".join(measures_of(evidence, row)), leaves_window_on(evidence, row)
            yield [*(_cell(row, name) for name in own), *decided]
        if not page.has_next:
            return
        after = tuple(page.rows[-1][column.name] for column in position_columns(evidence.measure))


def _cell(row: "Row", name: str) -> object:
    value = row[name]
    return value.isoformat() if hasattr(value, "isoformat") else value

"""`coverage`: says what the imports of an account cover, and what to import next."""

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sellerhealth.cli.options import AccountKey, PluginFiles
from sellerhealth.cli.output import print_note, print_result

if TYPE_CHECKING:  # commands import late, so that each starts fast
    from sellerhealth.describe.next_imports import NextImport


def coverage(
    account: AccountKey,
    plugin_files: PluginFiles = None,
) -> None:
    """Show up to which day each kind of fact is known, which metrics read it, and which formats report it: what to import next first."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.cli.database import find_account_id, open_database, owner_session
    from sellerhealth.cli.loading import load_without_database, report_refused
    from sellerhealth.describe.coverage import coverage_by_kind
    from sellerhealth.describe.next_imports import next_imports
    from sellerhealth.engine.coverage import AccountCoverage
    from sellerhealth.store import lookups

    settings = read_settings(plugin_files=plugin_files or None)
    loaded = load_without_database(settings)
    report_refused(plugin_files, loaded)
    with open_database(settings) as database:
        account_id = find_account_id(database, account)
        with owner_session(database) as session:
            coverage = AccountCoverage.of(lookups.sources(session, [account_id]).get(account_id, ()), {})
    metrics, importers = loaded.registry.values(), loaded.importers.values()
    today = (settings.clock or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).date()
    for each in coverage_by_kind(metrics, importers, coverage.through):
        print_result(f"{each.kind}: {'never imported' if each.through is None else f'imported up to {each.through}'}")
        print_result(f"  metrics: {', '.join(each.metrics)}")
        print_result(f"  formats: {_names(each.formats)}")
    steps = next_imports(metrics, importers, coverage, today, settings.stale_after)
    print_result("Import next:" if steps else "Every metric has the facts that it reads.")
    for number, step in enumerate(steps, 1):
        print_result(f"{number}. {step.importer.name}: {step.importer.title}")
        for label, text in _lines_of(step):
            print_result(f"   {label}: {text}")
    if steps:
        print_note("`sellerhealth docs import` describes the formats.")


def _lines_of(step: "NextImport") -> Iterator[tuple[str, str]]:
    """What is said of a step, each with its label."""
    if step.importer.where is not None:
        yield "where", step.importer.where
    if step.others:
        yield "or", ", ".join(each.name for each in step.others)
    yield "covers", ", ".join(step.facts)
    yield "settles", ", ".join(metric.key for metric in step.settles) or "no metric yet"


def _names(formats: tuple[str, ...]) -> str:
    return ", ".join(formats) or "none of those installed"

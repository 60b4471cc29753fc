"""`doctor`: examines the installation, and says what to do for each finding."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from sellerhealth.cli.output import print_result, print_table


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Examine settings, clock, plugins and database, and say what to do for each finding. Nothing is changed."""
    from sellerhealth.cli.config import read_settings
    from sellerhealth.doctor import examine, unusable_settings
    from sellerhealth.errors import BadSettings

    try:
        settings = read_settings(hidden_events=("plugins_loaded", "plugin_warned"))
    except BadSettings as error:
        findings = [unusable_settings(error)]
    else:
        findings = list(examine(settings))
    if as_json:
        print_result(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        print_table(("check", "state", "finding"), [(each.check, each.state, each.message) for each in findings])
        for each in findings:  # below the table: too long for a column
            if each.remedy is not None:
                print_result(f"\n{each.check}, {each.state}: {each.remedy}")
    if any(finding.is_problem for finding in findings):
        raise typer.Exit(1)

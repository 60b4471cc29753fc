"""`reported` shows Amazon's own figures."""

from tests.support.performance import LATE, report


def test_a_performance_report_alone_gives_a_first_answer(invoke, folder, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-03-31T12:00:00Z")
    path = folder / "report.json"
    path.write_text(report())
    assert invoke("import", str(path), "--account", "shop", "--create", "--name", "My shop").exit_code == 0
    done = invoke("reported", "--account", "shop")
    assert done.exit_code == 0
    lines = {line.split()[1]: " ".join(line.split()) for line in done.out.splitlines()}
    assert lines["lateShipmentRate"] == (
        "Amazon.com lateShipmentRate 3.00 % 24 of 800 GOOD LESS_THAN 4.00 % 2026-03-02 2026-03-31 N/A COVERAGE"
    )
    assert lines["listingPolicyViolations"].startswith("Amazon.com listingPolicyViolations 2 BAD EQUALS 0 2025-10-03")
    assert lines["orderDefectRate.claims"].startswith("Amazon.com orderDefectRate.claims SELLER 12 1,600 NONE")
    assert lines["accountStatus"] == "Amazon.com accountStatus N/A NORMAL"


def test_a_bad_figure_that_is_skipped_is_said_to_be_no_miss(invoke, folder):
    path = folder / "report.json"
    path.write_text(report(lateShipmentRate=LATE | {"rate": "much"}))
    done = invoke("import", str(path), "--account", "shop", "--create", "--name", "My shop", "--skip-bad-rows")
    assert f"The rejected rows of report.json were written to {folder / 'report.rejected.json'}: correct and import it, " in done.err
    assert done.err.endswith("as of which it is true.\n")


def test_without_a_report_it_says_so(invoke, shop):
    done = invoke("reported", "--account", shop, "--as-of", "2026-03-31")
    assert (done.exit_code, done.out) == (0, "")
    assert "No performance report that was taken by 2026-03-31 was ever imported." in done.err


def test_of_an_unknown_account_it_is_an_error(invoke, shop):
    done = invoke("reported", "--account", "shp")
    assert (done.exit_code, "There is no account 'shp'." in done.err) == (1, True)

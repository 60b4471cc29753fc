"""Settings: their sources and priority, and the messages for wrong ones."""

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sellerhealth.errors import BadSettings
from sellerhealth.settings import DocumentLimits, RequestLimits, Settings


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def file(tmp_path: Path):
    return tmp_path.joinpath("sellerhealth.toml").write_text


def test_by_default_the_server_listens_on_loopback():
    settings = Settings()
    assert (settings.database, settings.host, settings.port) == ("sqlite:///sellerhealth.db", "127.0.0.1", 8000)
    assert settings.is_loopback
    assert not settings.is_strict


def test_arguments_override_variables_and_variables_override_the_file(file, monkeypatch):
    file('port = 1\nhost = "::1"\nclassifier = "acme"\n[plugins.acme]\na = 1\nb = 1\nc = 1\n')
    monkeypatch.setenv("SELLERHEALTH_PORT", "2")
    monkeypatch.setenv("sellerhealth_host", "localhost")
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__ACME__A", "2")
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__ACME__B", "2")
    settings = Settings(port=3, plugins={"acme": {"a": 3}})
    assert (settings.port, settings.host, settings.classifier) == (3, "localhost", "acme")
    assert settings.plugins == {"acme": {"a": 3, "b": "2", "c": 1}}


def test_a_variable_holds_a_value_a_list_or_json(monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_CORS_ORIGINS", "https://a.example, http://b.example:3000")
    monkeypatch.setenv("SELLERHEALTH_DISABLED_PLUGINS", '["one", "two"]')
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__ACME__POINTS", '{"late": 5}')
    monkeypatch.setenv("SELLERHEALTH_PLUGINS__ACME__LABEL", "2024")
    monkeypatch.setenv("SELLERHEALTH_CLOCK", "2026-01-31T12:00:00+01:00")
    monkeypatch.setenv("SELLERHEALTH_TIME_ZONES__ATVPDKIKX0DER", "America/Los_Angeles")
    monkeypatch.setenv("SELLERHEALTH_STRICT", "")
    settings = Settings()
    assert settings.cors_origins == ("https://a.example", "http://b.example:3000")
    assert settings.disabled_plugins == ("one", "two")
    assert settings.plugins == {"acme": {"points": {"late": 5}, "label": "2024"}}
    assert settings.clock == dt.datetime(2026, 1, 31, 11, tzinfo=dt.UTC)
    assert settings.time_zones == {"ATVPDKIKX0DER": ZoneInfo("America/Los_Angeles")}
    assert settings.strict is None


@pytest.mark.parametrize("name", ["DE", "de", "amazon.de", "A1PA6795UKMFR9"])
def test_a_marketplace_can_be_named_by_country_or_domain(monkeypatch, name):
    monkeypatch.setenv(f"SELLERHEALTH_TIME_ZONES__{name}", "Europe/Berlin")
    assert Settings().time_zones == {"A1PA6795UKMFR9": ZoneInfo("Europe/Berlin")}


def test_a_variable_overrides_the_file_even_if_they_name_the_marketplace_differently(file, monkeypatch):
    file('[time_zones]\nA1PA6795UKMFR9 = "Europe/Paris"\n')
    monkeypatch.setenv("SELLERHEALTH_TIME_ZONES__DE", "Europe/Berlin")
    assert Settings().time_zones == {"A1PA6795UKMFR9": ZoneInfo("Europe/Berlin")}


def test_any_other_key_is_that_of_a_third_party_importer():
    assert Settings(time_zones={"shop-7": "Europe/Berlin"}).time_zones == {"shop-7": ZoneInfo("Europe/Berlin")}


def test_the_variable_of_an_unknown_marketplace_is_named(monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_TIME_ZONES__XX", "Europe/Berlin")
    with pytest.raises(BadSettings, match=r"time_zones\.XX \(in the variable SELLERHEALTH_TIME_ZONES__XX\)"):
        Settings()


def test_stale_coverage_is_tolerated_for_days_that_can_be_set_for_each_kind_of_fact(file, monkeypatch):
    by_default = Settings().stale_after
    assert set(by_default.counted.values()) == {3}
    assert set(by_default.looked_up.values()) == {14}
    file("[stale_after]\ncounted = 5\n[stale_after.looked_up]\nclaim = 30\nCHARGEBACK = 20\n")
    monkeypatch.setenv("SELLERHEALTH_STALE_AFTER__LOOKED_UP__CHARGEBACK", "60")
    settings = Settings().stale_after
    assert set(settings.counted.values()) == {5}
    assert [settings.looked_up[kind] for kind in ("CLAIM", "CHARGEBACK", "FEEDBACK")] == [30, 60, 14]
    monkeypatch.setenv("SELLERHEALTH_STALE_AFTER__COUNTED", "7")
    assert set(Settings().stale_after.counted.values()) == {7}


@pytest.mark.parametrize(
    ("host", "loopback"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("shop", False)]
)
def test_loopback_addresses_are_recognised(host, loopback):
    assert Settings(host=host).is_loopback is loopback


def test_strict_by_default_off_loopback_and_in_ci(monkeypatch):
    assert Settings(host="0.0.0.0").is_strict
    assert not Settings(host="0.0.0.0", strict=False).is_strict
    monkeypatch.setenv("CI", "true")
    assert Settings().is_strict
    assert not Settings(strict=False).is_strict


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"port": "eighty"}, "The setting port (from an argument or option) is 'eighty': Input should be a valid integer"),
        ({"port": 70000}, "Expected: a port to listen on, 0 to 65535"),
        ({"prot": 1}, "There is no setting prot (from an argument or option). Did you mean port?"),
        ({"clock": "0001-01-01T00:00:00+14:00"}, "it lies outside the years 1995 to 2199"),
        ({"clock": "1994-12-31T23:59:59Z"}, "it lies outside the years 1995 to 2199"),
        ({"clock": "9999-12-31T23:59:59-12:00"}, "it lies outside the years 1995 to 2199"),
        ({"clock": "2026-01-31T12:00:00"}, "Input should have timezone info. Expected: an instant with its offset"),
        (
            {"time_zones": {"A": "Europe/Berln"}},
            "The setting time_zones.A (from an argument or option) is 'Europe/Berln': there is no such time zone.",
        ),
        ({"time_zones": {"A": "Europe/Berln"}}, "Did you mean Europe/Berlin"),
        (
            {"time_zones": {"XX": "Europe/Berlin"}},
            "The setting time_zones.XX (from an argument or option) is 'XX': there is no such marketplace.",
        ),
        ({"time_zones": {"amazn.de": "Europe/Berlin"}}, "there is no such marketplace. Did you mean amazon.de"),
        ({"cors_origins": ["shop.example"]}, "'shop.example' is not an origin. Expected: origins whose pages may call the API"),
        (
            {"allowed_hosts": ["https://shop.example"]},
            "'https://shop.example' is not the name or address of a host. Expected: names or addresses",
        ),
        ({"allowed_hosts": ["shop.example:443"]}, "Expected: names or addresses, without a port"),
        ({"hsts_seconds": -1}, "Expected: for how many seconds browsers must use HTTPS alone"),
        ({"http_profile": "newer"}, "Expected: audits, for the HTTP statuses that clients know, or draft"),
        ({"log_level": "loud"}, "Expected: the lowest level that is logged: debug, info, warning or error."),
        (
            {"stale_after": {"looked_up": {"claims": 3}}},
            "The setting stale_after.looked_up.CLAIMS (from an argument or option) is 'CLAIMS': there is no such kind of fact. "
            "Did you mean CLAIM",
        ),
        ({"stale_after": {"counted": -1}}, "The setting stale_after.counted.CHARGEBACK (from an argument or option) is -1"),
        ({"stale_after": {"counted": "soon"}}, "Expected: days, 0 to 36525, in counted and looked_up: one number for every kind"),
        ({"stale_after": {"count": 3}}, "The setting stale_after.count (from an argument or option) is 3: Extra inputs are not permitted."),
        ({"kept_windows": "30,week"}, "The setting kept_windows.1 (from an argument or option) is 'week'"),
        ({"kept_windows": (30, 3651)}, "Expected: lengths in days, 0 to 3650, of windows"),
        ({"kept_windows": (*range(21),)}, "The setting kept_windows (from an argument or option) is "),
        ({"stale_after": 3}, "The setting stale_after (from an argument or option) is 3"),
        ({"plugins": {"acme-rate": {}}}, "write the name of the section acme_rate."),
        ({"plugins": {"acme": 3}}, "The setting plugins.acme (from an argument or option) is 3"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_expected(arguments, message):
    with pytest.raises(BadSettings) as refused:
        Settings(**arguments)
    assert message in str(refused.value)


def test_the_variable_or_file_of_a_wrong_setting_is_named(file, monkeypatch):
    file('prot = 1\nhost = 3\n[time_zones]\nA = "Mars"\n')
    monkeypatch.setenv("SELLERHEALTH_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("SELLERHEALTH_HOTS", "here")
    with pytest.raises(BadSettings) as refused:
        Settings()
    lines = str(refused.value).splitlines()
    assert len(lines) == 5
    assert any("setting port (in the variable SELLERHEALTH_PORT) is 'tcp://10.0.0.1:80'" in line for line in lines)
    assert any("no setting hots (in the variable SELLERHEALTH_HOTS). Did you mean host" in line for line in lines)
    assert any("no setting prot (in sellerhealth.toml). Did you mean port" in line for line in lines)
    assert any("setting host (in sellerhealth.toml) is 3" in line for line in lines)
    assert any("setting time_zones.A (in sellerhealth.toml) is 'Mars'" in line for line in lines)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SELLERHEALTH_CORS_ORIGINS": "[1"}, "SELLERHEALTH_CORS_ORIGINS begins like JSON, but is not"),
        ({"SELLERHEALTH_PLUGINS__A": "x", "SELLERHEALTH_PLUGINS__A__B": "y"}, "SELLERHEALTH_PLUGINS__A__B is a part of a variable"),
    ],
)
def test_unreadable_variables_are_named(monkeypatch, variables, message):
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(BadSettings, match=message):
        Settings()


def test_the_message_for_an_unreadable_file_says_where(file):
    file("port = = 3")
    with pytest.raises(BadSettings, match=r"sellerhealth\.toml cannot be read: .*line 1"):
        Settings()
    Path("sellerhealth.toml").write_bytes("port = 3".encode("utf-16"))
    with pytest.raises(BadSettings, match=r"^sellerhealth\.toml is not text in UTF-8: save it as that\.$"):
        Settings()


def test_no_message_shows_the_password_of_the_database():
    with pytest.raises(BadSettings) as refused:
        Settings(database="postgresql:/me:secret@host")
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(Settings(database="postgresql://me:secret@host/db"))


def test_the_issuer_of_tokens_is_a_section(file, monkeypatch):
    assert Settings().oidc is None
    file('[oidc]\nissuer = "https://issuer.example"\naudience = "sellerhealth"\n')
    monkeypatch.setenv("SELLERHEALTH_OIDC__ALGORITHMS", "ES256, PS256")
    monkeypatch.setenv("SELLERHEALTH_OIDC__ACCOUNTS_CLAIM", "https://shop.example/accounts")
    oidc = Settings().oidc
    assert (oidc.issuer, oidc.audience, oidc.jwks_file, oidc.leeway) == ("https://issuer.example", "sellerhealth", None, 60)
    assert (oidc.algorithms, oidc.accounts_claim, oidc.permissions_claim) == (
        ("ES256", "PS256"),
        "https://shop.example/accounts",
        "permissions",
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ('issuer = "http://issuer.example"', "an issuer has a URL that begins with https://"),
        ('issuer = "issuer.example"', "an issuer has a URL that begins with https://"),
        ('audience = ""', "at least 1 character"),
        ("algorithms = []", "at least 1 item"),
        ('algorithms = ["HS256"]', "Input should be 'RS256'"),
        ('algorithms = ["none"]', "Input should be 'RS256'"),
        ("leeway = 301", "less than or equal to 300"),
        ("leeway = -1", "greater than or equal to 0"),
        ('secret = "x"', "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_setting_of_the_issuer_is_refused(file, changed, message):
    name = changed.partition(" ")[0]
    good = {"issuer": '"https://issuer.example"', "audience": '"sellerhealth"'}
    good.pop(name, None)
    file("[oidc]\n" + "\n".join([changed, *(f"{key} = {value}" for key, value in good.items())]))
    with pytest.raises(BadSettings) as wrong:
        Settings()
    assert str(wrong.value).startswith(f"The setting oidc.{name}")
    assert message in str(wrong.value)
    assert "Expected: a section with the issuer and the audience of tokens" in str(wrong.value)


def test_an_issuer_without_an_audience_is_refused(file):
    file('[oidc]\nissuer = "https://issuer.example"\n')
    with pytest.raises(BadSettings, match=r"The setting oidc\.audience .*Field required"):
        Settings()


@pytest.mark.parametrize("group", [DocumentLimits, RequestLimits])
def test_each_limit_is_documented_with_its_default(group):
    page = Path(__file__).parents[1].joinpath("docs", "settings.md").read_text(encoding="utf-8")
    tables = [
        re.findall(r"^  \| `(\w+)` \| ([\d,]+) \|", table, re.MULTILINE) for table in page.split("  | limit | default | meaning |")[1:]
    ]
    documented = [{name: float(default.replace(",", "")) for name, default in table} for table in tables]
    assert group().model_dump() in documented


@pytest.mark.parametrize("group", [DocumentLimits, RequestLimits])
def test_a_limit_out_of_its_bounds_or_of_another_name_is_refused(group, monkeypatch):
    setting = "document_limits" if group is DocumentLimits else "request_limits"
    for name in (*group.model_fields, "nothing"):
        variable = f"SELLERHEALTH_{setting}__{name}".upper()
        with monkeypatch.context() as patched:
            patched.setenv(variable, "-1")
            with pytest.raises(
                BadSettings, match=re.escape(f"The setting {setting}.{name} (in the variable {variable}) is '-1': ")
            ) as refused:
                Settings()
        assert all(each in str(refused.value) for each in group.model_fields)


def test_the_budget_of_a_minute_holds_at_least_one_operation():
    message = "is 300000: by document_limits.cost an operation may cost 300000, and could never run. Expected: the cost that"
    with pytest.raises(BadSettings, match=re.escape(message)):
        Settings(cost_per_minute=300_000, document_limits={"cost": 300_000})
    assert Settings(cost_per_minute=300_100, document_limits={"cost": 300_000}).document_limits.cost == 300_000
    with pytest.raises(BadSettings, match="cost_per_minute"):
        Settings(document_limits={"cost": 6_000_000})  # the default is too small

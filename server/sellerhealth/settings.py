"""The settings: from arguments, else SELLERHEALTH_* variables, else sellerhealth.toml, else the defaults."""

import datetime as dt
import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from sellerhealth.database_url import read_database_url
from sellerhealth.errors import BadSettings, did_you_mean
from sellerhealth.hosts import is_loopback_host, is_secure_url, read_address, read_host
from sellerhealth.marketplaces import find_marketplace, suggestion

PREFIX = "SELLERHEALTH_"
FILE = "sellerhealth.toml"
# Facts are of the years between: Amazon opened in 1995, and a year outside is a typo.
FACTS_FROM, FACTS_BEFORE = dt.datetime(1995, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
KINDS_OF_FACT = ("CHARGEBACK", "CLAIM", "FEEDBACK", "MESSAGE", "ORDER", "PACKAGE", "REFUND", "VIOLATION")


def section_of(plugin: str) -> str:
    """The section of a plugin: the name of its entry point in lower case, with `_` for characters not allowed in variable names."""
    return re.sub(r"[^a-z0-9_]", "_", plugin.lower())


def _split(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _database(url: str) -> str:
    read_database_url(url)
    return url


def _clock(clock: dt.datetime | None) -> dt.datetime | None:
    if clock is not None and not FACTS_FROM <= clock < FACTS_BEFORE:
        raise ValueError(f"it lies outside the years {FACTS_FROM.year} to {FACTS_BEFORE.year - 1}, of which facts can be")
    return clock


def _zone(name: Any) -> ZoneInfo:
    if isinstance(name, ZoneInfo):
        return name
    if str(name) not in (known := available_timezones()):
        raise ValueError(f"there is no such time zone.{did_you_mean(str(name), known)}")
    return ZoneInfo(name)


def _marketplace(name: str) -> str:
    """The id of a marketplace. A name that cannot be a country code or a domain is a key of a third-party importer."""
    marketplace = find_marketplace(name)
    if marketplace is None and re.fullmatch(r"[A-Za-z]{2}|.*\..*", name):
        raise ValueError(f"there is no such marketplace.{suggestion(name)}")
    return marketplace.key if marketplace else name


def _origin(value: str) -> str:
    if value != "*" and not re.fullmatch(r"https?://[^/\s]+", value):
        raise ValueError(f"{value!r} is not an origin")
    return value


def _host(value: str) -> str:
    if (host := read_host(value)) is None:
        raise ValueError(f"{value!r} is not the name or address of a host")
    return host


def _section(name: str) -> str:
    if name != section_of(name):
        raise ValueError(f"write the name of the section {section_of(name)}")
    return name


def _days_of_each_kind(default: int) -> Callable[[Any], Any]:
    """Reads a number of days for every kind of fact, or a table of the kinds that differ from the default."""

    def days_of_each_kind(value: Any) -> Any:
        if isinstance(value, dict):
            return dict.fromkeys(KINDS_OF_FACT, default) | {str(kind).upper(): days for kind, days in value.items()}
        return dict.fromkeys(KINDS_OF_FACT, value)

    return days_of_each_kind


def _kind(name: str) -> str:
    if name not in KINDS_OF_FACT:
        raise ValueError(f"there is no such kind of fact.{did_you_mean(name, KINDS_OF_FACT)}")
    return name


DaysOfEachKind = dict[Annotated[str, AfterValidator(_kind)], Annotated[int, Field(ge=0, le=36525)]]


class StaleAfter(BaseModel):
    """For each kind of fact, how many days its coverage may fall short before it is stale. See docs/spec/rules.md#stale-coverage."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    counted: Annotated[DaysOfEachKind, BeforeValidator(_days_of_each_kind(3))] = {}
    looked_up: Annotated[DaysOfEachKind, BeforeValidator(_days_of_each_kind(14))] = {}

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # rows of kept numbers are looked up by it
        return hash((frozenset(self.counted.items()), frozenset(self.looked_up.items())))


class RequestLimits(BaseModel):
    """The most that a request over HTTP may have, and a client of connections. docs/settings.md says what each is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 1_000_000
    connections_per_address: Annotated[int, Field(ge=0, le=100_000)] = 200  # 0: any number
    document_characters: Annotated[int, Field(ge=1_000, le=10_000_000)] = 50_000
    header_bytes: Annotated[int, Field(ge=1_000, le=1_000_000)] = 32_000
    headers: Annotated[int, Field(ge=10, le=10_000)] = 100
    json_depth: Annotated[int, Field(ge=10, le=500)] = 50  # far from the depth that Python's reader of JSON gives up at
    json_digits: Annotated[int, Field(ge=20, le=4_000)] = 100  # Python reads no integer of more than 4,300
    query_string_bytes: Annotated[int, Field(ge=1_000, le=1_000_000)] = 16_000
    seconds: Annotated[float, Field(gt=0, le=3_600)] = 10  # for the headers, and again for the body


class DocumentLimits(BaseModel):
    """The most that a GraphQL document, with its variables, may ask for. docs/settings.md says what each is for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: Annotated[int, Field(ge=1, le=100_000)] = 50
    cost: Annotated[int, Field(ge=20_000, le=100_000_000)] = 200_000  # introspection costs the least of these
    depth: Annotated[int, Field(ge=5, le=50)] = 15
    directives: Annotated[int, Field(ge=1, le=100_000)] = 50
    fields: Annotated[int, Field(ge=50, le=100_000)] = 500  # and fragments, as written; validation compares those of the same name in pairs
    ids: Annotated[int, Field(ge=1, le=1_000)] = 100
    keys: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    page_size: Annotated[int, Field(ge=20, le=1_000)] = 100  # a page has 20 items if nothing is said of it
    root_fields: Annotated[int, Field(ge=1, le=10_000)] = 30
    tokens: Annotated[int, Field(ge=1_000, le=1_000_000)] = 2_000  # Relay's largest documents have fewer
    variable_values: Annotated[int, Field(ge=10, le=1_000_000)] = 2_000  # as many as the tokens that could write them into the document


REQUEST_LIMITS = RequestLimits()
DOCUMENT_LIMITS = DocumentLimits()
STALE_AFTER = StaleAfter()
REQUEST_COST = 100  # of any request, before its document is weighed: also one that is refused has been parsed
Names = Annotated[tuple[str, ...], BeforeValidator(_split)]


def _issuer(url: str) -> str:
    if not is_secure_url(url):
        raise ValueError("an issuer has a URL that begins with https://")
    return url


def _cost_per_minute(cost: int, info: ValidationInfo) -> int:
    limits = info.data.get("document_limits")  # none if it is wrong itself
    if limits is not None and cost < limits.cost + REQUEST_COST:
        raise ValueError(f"by document_limits.cost an operation may cost {limits.cost}, and could never run")
    return cost


# Those with a public key alone: with a shared secret, whoever can check a token can also make it.
SignatureAlgorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"]


class OidcSettings(BaseModel):
    """The issuer of tokens by OpenID Connect that the server accepts, and what their claims mean. See docs/security.md#tokens-of-an-issuer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, AfterValidator(_issuer)]
    audience: Annotated[str, Field(min_length=1)]
    algorithms: Annotated[tuple[SignatureAlgorithm, ...], BeforeValidator(_split), Field(min_length=1)] = ("RS256", "ES256")
    jwks_file: Path | None = None
    leeway: Annotated[int, Field(ge=0, le=300)] = 60
    accounts_claim: Annotated[str, Field(min_length=1)] = "accounts"
    permissions_claim: Annotated[str, Field(min_length=1)] = "permissions"


class Settings(BaseSettings):
    """The settings of an operator. A field's description says what is expected, for messages; docs/settings.md what it is for."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", toml_file=FILE)

    database: Annotated[str, AfterValidator(_database)] = Field(
        "sqlite:///sellerhealth.db",
        repr=False,
        description="the URL of a database, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    database_replica: Annotated[str | None, AfterValidator(lambda url: url and _database(url))] = Field(
        None, repr=False, description="the URL of a standby of the PostgreSQL server, to read from, postgresql://USER:PASSWORD@HOST/NAME."
    )
    host: str = Field("127.0.0.1", description="an address of this machine to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="a port to listen on, 0 to 65535; with 0 the system chooses one.")
    allowed_hosts: Annotated[Names, AfterValidator(lambda hosts: tuple(map(_host, hosts)))] = Field(
        (), description="names or addresses, without a port, by which clients reach the server, for example health.shop.example."
    )
    hsts_seconds: int = Field(
        0, ge=0, le=2**31, description="for how many seconds browsers must use HTTPS alone, for example 31536000; 0 for never."
    )
    clock: Annotated[AwareDatetime | None, AfterValidator(_clock)] = Field(
        None, description="an instant with its offset, used as the present, for example 2026-01-31T12:00:00Z."
    )
    cors_origins: Annotated[Names, AfterValidator(lambda origins: tuple(map(_origin, origins)))] = Field(
        (), description="origins whose pages may call the API, for example https://shop.example, or * for all."
    )
    http_profile: Literal["audits", "draft"] = Field(
        "audits",
        description="audits, for the HTTP statuses that clients know, or draft, for those of the newer draft of GraphQL over HTTP.",
    )
    document_limits: DocumentLimits = Field(
        DOCUMENT_LIMITS,
        description=f"whole numbers in {', '.join(DocumentLimits.model_fields)}, for example document_limits = {{ page_size = 50 }}.",
    )
    cost_per_minute: Annotated[int, AfterValidator(_cost_per_minute)] = Field(
        6_000_000,
        validate_default=True,
        description="the cost that the operations of a viewer may have in a minute: that of one, document_limits.cost, and 100 or more.",
    )
    workers: int = Field(1, ge=1, le=100, description="how many processes serve, 1 to 100.")
    operations_at_once: int = Field(4, ge=1, le=100, description="how many operations of a viewer run at the same time, 1 to 100.")
    operation_timeout: float = Field(10, gt=0, le=3600, description="seconds that an operation may take, for example 10.")
    request_limits: RequestLimits = Field(
        REQUEST_LIMITS,
        description=f"numbers in {', '.join(RequestLimits.model_fields)}, for example request_limits = {{ body_bytes = 200000 }}.",
    )
    trusted_documents: Path | None = Field(None, description="the path of a manifest of the only documents that may be executed.")
    introspection: bool | None = Field(
        None, description="true to let clients query the schema and get suggestions of similar names in errors, else false."
    )
    graphiql: bool | None = Field(None, description="true to serve GraphiQL, a page for trying queries, else false.")
    oidc: OidcSettings | None = Field(
        None,
        description="a section with the issuer and the audience of tokens, and, if you like, algorithms, jwks_file, leeway (0 to 300 "
        "seconds), accounts_claim and permissions_claim.",
    )
    strict: bool | None = Field(None, description="true to refuse to start when a plugin cannot be used, else false.")
    time_zones: dict[Annotated[str, AfterValidator(_marketplace)], Annotated[ZoneInfo, PlainValidator(_zone)]] = Field(
        {}, description="the IANA time zone of each marketplace by its id, country code or domain, for example Europe/Berlin for DE."
    )
    stale_after: StaleAfter = Field(
        STALE_AFTER,
        description="days, 0 to 36525, in counted and looked_up: one number for every kind of fact, or a table of kinds, for example "
        "looked_up = { claim = 30 }.",
    )
    rollups: bool = Field(True, description="whether imports and the server keep rollups, and the server answers from them: true or false.")
    kept_windows: Annotated[tuple[Annotated[int, Field(ge=0, le=3650)], ...], BeforeValidator(_split), Field(max_length=20)] = Field(
        (), description="lengths in days, 0 to 3650, of windows whose numbers the server keeps for each account, for example 30,60."
    )
    operation_plans: bool = Field(
        True,
        description="whether operations are executed by plans, true, or by graphql-core alone, false, with the same answers, which take longer.",
    )
    response_cache_bytes: int = Field(
        32_000_000, ge=0, le=100_000_000_000, description="bytes that answers may take which a process remembers, 0 for none."
    )
    plugin_files: Names = Field((), description="Python files that are plugins, as FILE.py or FILE.py:NAME, for example early_dispatch.py.")
    disabled_plugins: Names = Field((), description="names of plugins or distributions that are not used.")
    classifier: str | None = Field(None, description="the name of the plugin that classifies feedback.")
    plugins: dict[Annotated[str, AfterValidator(_section)], dict[str, Any]] = Field(
        {}, description="a section for each plugin, named as its entry point in lower case with `_` for `-` and `.`."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda level: str(level).lower())] = Field(
        "info", description="the lowest level that is logged: debug, info, warning or error."
    )

    def __init__(self, **arguments: Any) -> None:
        """Raises BadSettings, which names each wrong setting, where it is set and what is expected."""
        try:
            super().__init__(**arguments)
        except ValidationError as invalid:
            raise BadSettings("\n".join(_describe(error, arguments) for error in invalid.errors())) from None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources of settings, highest priority first."""
        return init_settings, _Environment(settings_cls), _File(settings_cls)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server. Of a name other than `localhost` this is not known."""
        return is_loopback_host(self.host)

    @property
    def most_operations(self) -> int:
        """How many operations run at the same time: twice as many as those of one viewer, so that others find a place."""
        return 2 * self.operations_at_once

    @property
    def known_hosts(self) -> frozenset[str]:
        """The hosts that requests may name, besides loopback: those of `allowed_hosts`, and `host` unless it stands for all addresses."""
        address, host = read_address(self.host), read_host(self.host)
        own = {host} if host and not (address and address.is_unspecified) else set()
        return frozenset({*self.allowed_hosts, *own})

    @property
    def allows_introspection(self) -> bool:
        """Whether clients may learn the schema from the server: by default only while it is on loopback."""
        return self.is_loopback if self.introspection is None else self.introspection

    @property
    def has_graphiql(self) -> bool:
        """Whether GraphiQL is served: by default only on loopback."""
        return self.is_loopback if self.graphiql is None else self.graphiql

    @property
    def is_strict(self) -> bool:
        """Whether the server refuses to start with a broken plugin. By default when it is not on loopback, and in CI."""
        if self.strict is not None:
            return self.strict
        return not self.is_loopback or os.environ.get("CI", "").lower() not in ("", "0", "false")


class _File(TomlConfigSettingsSource):
    def _read_file(self, file_path: Any) -> dict[str, Any]:
        try:
            return super()._read_file(file_path)
        except UnicodeDecodeError as unreadable:
            raise BadSettings(f"{FILE} is not text in UTF-8: save it as that.") from unreadable
        except (tomllib.TOMLDecodeError, OSError) as unreadable:
            raise BadSettings(f"{FILE} cannot be read: {unreadable}.") from unreadable


class _Environment(InitSettingsSource):
    """Variables as nested settings: `__` separates sections; `[…]` and `{…}` are JSON; an empty variable counts as not set.

    The source of pydantic-settings ignores unknown variables, lower-cases marketplaces and turns texts into numbers.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, _read_environment(os.environ))


def _read_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """The settings among environment variables. Raises BadSettings when one holds broken JSON or two contradict each other."""
    settings: dict[str, Any] = {}
    for variable in sorted(variables):
        if not variable.upper().startswith(PREFIX) or not (text := variables[variable]):
            continue
        path = variable[len(PREFIX) :].split("__")
        if path[0].lower() != "time_zones":  # marketplace ids are upper case
            path = [name.lower() for name in path]
        path[0] = path[0].lower()
        section = settings
        for name in path[:-1]:
            section = section.setdefault(name, {})
            if not isinstance(section, dict):
                raise BadSettings(f"{variable} is a part of a variable that holds a single value. Remove one of the two.")
        section[path[-1]] = _parse(variable, text)
    return settings


def _parse(variable: str, text: str) -> Any:
    if text[0] not in "[{":
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadSettings(f"{variable} begins like JSON, but is not: {error}.") from error


def _describe(error: ErrorDetails, arguments: Mapping[str, Any]) -> str:
    """What is wrong with a setting, where it is set, and what is expected."""
    path = [str(step) for step in error["loc"] if step != "[key]"]
    where = _where(path, arguments)
    if error["type"] == "extra_forbidden" and len(path) == 1:
        return f"There is no setting {path[0]} ({where}).{did_you_mean(path[0], Settings.model_fields)} `sellerhealth docs settings` lists all."
    is_secret = path[0] in ("database", "database_replica")  # their URLs may contain a password
    value = "" if is_secret or isinstance(error["input"], dict) else f" is {error['input']!r}"
    problem = error["msg"].removeprefix("Value error, ").rstrip(".")
    problem += "" if problem.endswith("?") else "."
    return f"The setting {'.'.join(path)} ({where}){value}: {problem} Expected: {Settings.model_fields[path[0]].description}"


def _where(path: list[str], arguments: Mapping[str, Any]) -> str:
    if path[0] in arguments:
        return "from an argument or option"
    variable = PREFIX + "__".join(path).upper()
    variables = [name for name in os.environ if variable == name.upper() or variable.startswith(f"{name.upper()}__")]
    return f"in the variable {variables[0]}" if variables else f"in {FILE}"

"""The settings: what the caller gives, else SELLERHEALTH_* of the environment, else sellerhealth.toml, else the defaults."""

import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import sqlalchemy as sa
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from sellerhealth.errors import BadSettings, did_you_mean
from sellerhealth.marketplaces import find_marketplace, suggestion

PREFIX = "SELLERHEALTH_"
FILE = "sellerhealth.toml"


def section_of(plugin: str) -> str:
    """The name of a plugin's section: its entry point's in lower case, with `_` for anything that a variable cannot hold."""
    return re.sub(r"[^a-z0-9_]", "_", plugin.lower())


def _split(value: Any) -> Any:
    return tuple(word.strip() for word in value.split(",")) if isinstance(value, str) else value


def _database(url: str) -> str:
    try:
        sa.make_url(url)
    except sa.exc.ArgumentError as unreadable:
        raise ValueError("this is not the URL of a database") from unreadable
    return url


def _zone(name: Any) -> ZoneInfo:
    if isinstance(name, ZoneInfo):
        return name
    if str(name) not in (known := available_timezones()):
        raise ValueError(f"there is no such time zone.{did_you_mean(str(name), known)}")
    return ZoneInfo(name)


def _marketplace(word: str) -> str:
    """The id of a marketplace. What cannot be a country code or a domain is a key that an importer of a third party gives."""
    marketplace = find_marketplace(word)
    if marketplace is None and re.fullmatch(r"[A-Za-z]{2}|.*\..*", word):
        raise ValueError(f"there is no such marketplace.{suggestion(word)}")
    return marketplace.key if marketplace else word


def _origin(value: str) -> str:
    if value != "*" and not re.fullmatch(r"https?://[^/\s]+", value):
        raise ValueError(f"{value!r} is not an origin")
    return value


def _section(name: str) -> str:
    if name != section_of(name):
        raise ValueError(f"write the name of the section {section_of(name)}")
    return name


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]


class Settings(BaseSettings):
    """What an operator can set. Each field's description says what it should be; docs/settings.md says what it is for."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", toml_file=FILE)

    database: Annotated[str, AfterValidator(_database)] = Field(
        "sqlite:///sellerhealth.db", repr=False, description="the URL of a database, for example sqlite:///sellerhealth.db."
    )
    host: str = Field("127.0.0.1", description="an address of this machine to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="a port to listen on, 0 to 65535; with 0 the system chooses one.")
    clock: AwareDatetime | None = Field(
        None, description="an instant with its offset that stands for the present, for example 2026-01-31T12:00:00Z."
    )
    cors_origins: Annotated[Words, AfterValidator(lambda origins: tuple(map(_origin, origins)))] = Field(
        (), description="origins whose pages may ask, for example https://shop.example, or * for all."
    )
    http_profile: Literal["audits", "draft"] = Field(
        "audits", description="audits, for the statuses that clients know, or draft, for those of the newer draft of GraphQL over HTTP."
    )
    trusted_documents: Path | None = Field(None, description="the path of a manifest of the only documents that may be run.")
    strict: bool | None = Field(None, description="true to refuse to start with a plugin that cannot take part, else false.")
    time_zones: dict[Annotated[str, AfterValidator(_marketplace)], Annotated[ZoneInfo, PlainValidator(_zone)]] = Field(
        {}, description="the IANA time zone of each marketplace by its id, country code or domain, for example Europe/Berlin for DE."
    )
    plugin_files: Words = Field((), description="Python files that are plugins, as FILE.py or FILE.py:NAME, for example early_dispatch.py.")
    disabled_plugins: Words = Field((), description="names of plugins, or of distributions, that take no part.")
    classifier: str | None = Field(None, description="the name of the plugin that classifies feedback.")
    plugins: dict[Annotated[str, AfterValidator(_section)], dict[str, Any]] = Field(
        {}, description="a section for each plugin, named as its entry point in lower case with `_` for `-` and `.`."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lambda level: str(level).lower())] = Field(
        "info", description="the least grave events that are logged: debug, info, warning or error."
    )

    def __init__(self, **given: Any) -> None:
        """Raises BadSettings, which names each setting that is wrong, where it stands and what it should be."""
        try:
            super().__init__(**given)
        except ValidationError as invalid:
            raise BadSettings("\n".join(_describe(error, given) for error in invalid.errors())) from None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the one that wins first."""
        return init_settings, _Environment(settings_cls), _File(settings_cls)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_strict(self) -> bool:
        """Whether a plugin that cannot take part keeps the server from starting: when others can reach it, and in CI."""
        if self.strict is not None:
            return self.strict
        return not self.is_loopback or os.environ.get("CI", "").lower() not in ("", "0", "false")


class _File(TomlConfigSettingsSource):
    def _read_file(self, file_path: Any) -> dict[str, Any]:
        try:
            return super()._read_file(file_path)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as unreadable:
            raise BadSettings(f"{FILE} cannot be read: {unreadable}.") from unreadable


class _Environment(InitSettingsSource):
    """Variables as nested settings: `__` leads into a section; `[…]` and `{…}` are JSON; an empty variable says nothing.

    The source of pydantic-settings ignores unknown variables, writes marketplaces in lower case, and makes numbers of texts.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, from_environment(os.environ))


def from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """The settings among environment variables. Raises BadSettings when one holds broken JSON or two contradict each other."""
    settings: dict[str, Any] = {}
    for variable in sorted(variables):
        if not variable.upper().startswith(PREFIX) or not (text := variables[variable]):
            continue
        steps = variable[len(PREFIX) :].split("__")
        if steps[0].lower() != "time_zones":  # the keys of marketplaces have capitals
            steps = [step.lower() for step in steps]
        steps[0] = steps[0].lower()
        place = settings
        for step in steps[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise BadSettings(f"{variable} lies within a variable that holds a single value. Remove one of the two.")
        place[steps[-1]] = _parse(variable, text)
    return settings


def _parse(variable: str, text: str) -> Any:
    if text[0] not in "[{":
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as broken:
        raise BadSettings(f"{variable} begins like JSON, but is not: {broken}.") from broken


def _describe(error: ErrorDetails, given: Mapping[str, Any]) -> str:
    """What is wrong with a setting, where it stands, and what it should be."""
    steps = [str(step) for step in error["loc"] if step != "[key]"]
    where = _where(steps, given)
    if error["type"] == "extra_forbidden":
        return f"There is no setting {steps[0]} ({where}).{did_you_mean(steps[0], Settings.model_fields)} See docs/settings.md for all."
    secret = steps[0] == "database"  # its URL may hold a password
    found = "" if secret or isinstance(error["input"], dict) else f" is {error['input']!r}"
    wrong = error["msg"].removeprefix("Value error, ").rstrip(".")
    wrong += "" if wrong.endswith("?") else "."
    return f"The setting {'.'.join(steps)} ({where}){found}: {wrong} It should be: {Settings.model_fields[steps[0]].description}"


def _where(steps: list[str], given: Mapping[str, Any]) -> str:
    if steps[0] in given:
        return "given by the caller"
    path = PREFIX + "__".join(steps).upper()
    variables = [name for name in os.environ if path == name.upper() or path.startswith(f"{name.upper()}__")]
    return f"in the variable {variables[0]}" if variables else f"in {FILE}"

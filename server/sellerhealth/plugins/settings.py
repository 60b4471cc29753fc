"""The settings of a plugin: its section of `plugins`, validated by the pydantic model that its function takes."""

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from sellerhealth.errors import PluginError, did_you_mean
from sellerhealth.plugins.plugin_code import location_of

Function = Callable[..., object]


class WrongSettings(PluginError):
    """Wrong settings of a plugin. The mistake is in the settings, not in its code."""


def takes_settings(function: Function) -> bool:
    """Whether a function has a parameter, which can only be for its settings."""
    return bool(inspect.signature(function).parameters)


def call_with_settings(function: Function, label: str, section: Mapping[str, Any]) -> tuple[object, tuple[BaseModel, ...]]:
    """Calls a function with its settings, if it has a parameter, and returns its result and the settings. `label` is for messages."""
    if inspect.iscoroutinefunction(function):
        raise PluginError(
            f"{label} is an `async` function. Make it a plain one: plugins are called once, at start. See {location_of(function)}."
        )
    if not takes_settings(function):
        return function(), ()
    model = _model(function, label)
    try:
        # A misspelt setting must not pass unnoticed, unless the model decides otherwise.
        settings = model.model_validate(section, extra=None if "extra" in model.model_config else "forbid")
    except ValidationError as invalid:
        raise WrongSettings("\n".join(_problem(error, model) for error in invalid.errors())) from invalid
    try:
        return function(settings), (settings,)
    except ValueError as refused:
        if not section:  # what fails with the plugin's own defaults is the plugin's fault
            raise
        raise WrongSettings(f"it cannot work with its settings: {refused}. Correct them.") from refused


def refuse_settings(section: Mapping[str, Any]) -> None:
    """Raises WrongSettings when there are settings for a plugin that takes none."""
    if section:
        raise WrongSettings(f"it takes no settings, but `plugins` has some for it: {', '.join(sorted(section))}. Remove them.")


def _model(function: Function, label: str) -> type[BaseModel]:
    parameters = list(inspect.signature(function).parameters)
    kinds = [typing.get_type_hints(function).get(name) for name in parameters]
    if len(kinds) == 1 and inspect.isclass(kinds[0]) and issubclass(kinds[0], BaseModel):
        return kinds[0]
    raise PluginError(
        f"{label} must take nothing, or one parameter annotated with a pydantic model: its settings. It takes {', '.join(parameters)}. "
        f"See {location_of(function)}."
    )


def _problem(error: Any, model: type[BaseModel]) -> str:
    name = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        known = _names(model, error["loc"][:-1])
        choices = f"The settings there: {', '.join(known)}." if known else "There are none."
        return f"it has no setting {name}.{did_you_mean(str(error['loc'][-1]), known)} {choices}"
    if error["type"] == "missing":
        return f"its setting {name} is missing. Add it."
    message = str(error["ctx"]["error"] if error["type"] == "value_error" else error["msg"]).rstrip(".")
    is_hidden = isinstance(error["input"], Mapping) or _is_secret(model, error["loc"])
    value = "" if is_hidden else f" is {error['input']!r}"
    return f"its setting {name or 'section'}{value}: {message[:1].lower()}{message[1:]}. Correct it."


def _names(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """The names of a model's settings, or of the nested model at the end of a path."""
    inner = [model, *_annotations(model, path)][-1]
    return list(inner.model_fields) if inspect.isclass(inner) and issubclass(inner, BaseModel) else []


def _is_secret(model: type[BaseModel], path: tuple[str | int, ...]) -> bool:
    """Whether a setting is one of pydantic's secrets. Messages are logged, so they must not contain it."""
    return any("Secret" in str(annotation) for annotation in _annotations(model, path))


def _annotations(model: Any, path: tuple[str | int, ...]) -> Iterator[Any]:
    """The types of the settings on a path through models."""
    for step in path:
        fields = model.model_fields.items() if inspect.isclass(model) and issubclass(model, BaseModel) else ()
        model = next((field.annotation for name, field in fields if step in (name, field.alias, field.validation_alias)), None)
        yield model

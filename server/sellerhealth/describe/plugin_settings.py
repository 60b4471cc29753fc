"""The settings of a plugin with their values and defaults, as text."""

from collections.abc import Iterator, Set

from pydantic import BaseModel

from sellerhealth.describe.datasheet import SettingSheet


def setting_sheets(model: BaseModel, default: BaseModel | None = None, prefix: str = "") -> Iterator[SettingSheet]:
    """The settings of a model, those of nested models by their path. `default`: the nested model that is used if none is set."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        usual = getattr(default, name) if default else field.get_default(call_default_factory=True)
        if isinstance(value, BaseModel):
            yield from setting_sheets(value, usual if isinstance(usual, type(value)) else None, f"{prefix}{name}.")
        else:
            is_required = field.is_required() and default is None
            yield SettingSheet(f"{prefix}{name}", _text(value), None if is_required else _text(usual))


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return "none" if value is None else str(value).lower()
    if isinstance(value, Set):
        return ", ".join(sorted(map(_text, value)))
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(value)

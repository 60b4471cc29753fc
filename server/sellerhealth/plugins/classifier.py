"""Classifies feedback with the classifiers of plugins. If one fails, the next decides, and the failure is logged once."""

import traceback
from collections.abc import Callable

import structlog

from sellerhealth.errors import PluginError
from sellerhealth.facts import FeedbackClass
from sellerhealth.plugins.plugin import Origin

Classify = Callable[[int, str | None], FeedbackClass | None]  # (rating, comment)

log = structlog.get_logger(__name__)


class Classifier:
    """Calls classifiers in order until one returns a class. The built-in one should be the last."""

    def __init__(self, *classifiers: tuple[Origin, Classify]) -> None:
        self.classifiers = classifiers
        self._failed: set[Origin] = set()

    def __call__(self, rating: int, comment: str | None) -> FeedbackClass:
        """The class of a piece of feedback with 1 to 5 stars. Raises PluginError when no plugin classifies it."""
        for origin, classify in self.classifiers:
            try:
                feedback_class = classify(rating, comment)
                if feedback_class is not None:
                    return FeedbackClass(feedback_class)
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and must not stop an import
                self._log_once(origin, error)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # SystemExit and the like: meant to end the process, which is not for a classifier to do
                raise PluginError(
                    f"The classifier of the plugin {origin} raised {type(error).__name__}. Fix or disable the plugin."
                ) from error
        raise PluginError(f"No plugin classifies feedback with {rating} stars. Enable the built-in classifier: see `disabled_plugins`.")

    def _log_once(self, origin: Origin, error: Exception) -> None:
        if origin not in self._failed:  # once, not for each of a million rows
            self._failed.add(origin)
            log.warning("classifier_failed", plugin=str(origin), error=_place_of(error), consequence="the built-in classifier decides")


def _place_of(error: Exception) -> str:
    """The class of an exception and where it was raised. Its text may quote a comment of a buyer."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {last.filename}, line {last.lineno}"

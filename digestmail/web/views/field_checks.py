"""The checks of single fields of a public form, before it is sent."""

from digestmail.domain import PROFILE_FIELDS, Schedule
from digestmail.steps.subscribers.validation import Form
from digestmail.web.shared.forms import PostedForm, Texts
from digestmail.web.shared.profile_form import parse_profile
from digestmail.web.shared.request_context import RequestContext
from digestmail.web.shared.schedule_form import parse_schedule
from digestmail.web.shared.subscription_form import checked_email

_UNCHECKED = ("seed_papers",)  # looked up one by one: the preview tells of them


def field_problems(context: RequestContext, texts: Texts) -> dict[str, str]:
    """Return the problems of the fields in ``texts``; one that is empty has none."""
    typed = {name: text for name, text in texts.items() if text.strip()}
    form = Form()
    if "email" in typed:
        form.take(lambda text: checked_email(text, texts), typed["email"], "")
    if "timezone" in typed:
        parse_schedule({"timezone": typed["timezone"]}, form, Schedule(), ("timezone",))
    fields = [name for name in PROFILE_FIELDS if name in typed and name not in _UNCHECKED]
    of_profile = PostedForm({name: typed[name] for name in fields})
    submitted = parse_profile(context, of_profile, context.app.new_profile, fields=fields)
    return form.problems | dict(submitted.problems)

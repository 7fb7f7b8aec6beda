"""The pages: their templates in one language, and the pages of errors."""

from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse

from digestmail.app import App
from digestmail.i18n import N_
from digestmail.render.environment import broken, compile_all
from digestmail.render.locale import ENGLISH, Words
from digestmail.sources.files.reference_library import LARGEST, MEGABYTE
from digestmail.text import excerpt
from digestmail.web.shared.static_files import static_folder, static_version
from digestmail.web.views.choices import choices

_NAMES = (
    "answer",
    "archive",
    "confirm",
    "confirmed",
    "data",
    "digest",
    "embed",
    "erase",
    "erased",
    "error",
    "feedback",
    "field_problems",
    "help",
    "history",
    "lost_link",
    "mail_link",
    "never",
    "no_paper",
    "paper",
    "papers",
    "preferences",
    "preview",
    "refused",
    "returned",
    "save",
    "saved",
    "submitted",
    "subscribe",
    "subscribe_trending",
    "thanks",
    "trending",
    "unsubscribe",
    "unsubscribed",
    "why",
)

_ERRORS = {
    400: (N_("Something was missing from that request"), N_("Please go back and try again.")),
    404: (N_("This page doesn’t exist"), N_("The address may be incomplete or mistyped.")),
    405: (N_("That doesn’t work here"), N_("Please start again from the home page.")),
    409: (
        N_("Something has changed since you opened this page"),
        N_("Please go back, reload the page and try again."),
    ),
    413: (N_("That’s too much text"), N_("Please go back and shorten what you wrote.")),
    429: (
        N_("Too many requests"),
        N_("Too many requests came from your network. Please try again later."),
    ),
    500: (N_("Something went wrong"), N_("We logged the problem. Please try again in a moment.")),
    503: (
        N_("Not just now"),
        N_("We can’t do this at the moment. Please try again later."),
    ),
}

_LARGE_FILE = N_("Your file is too large")
_FILE_TOO_LARGE = N_(
    "“%(name)s” is larger than the limit of %(most)s MB. Please go back; what you wrote is still "
    "there. Then export the file without notes and attachments, or with fewer papers."
)


class Pages:
    """The templates of ``web/`` in one language.

    ConfigError at once when one of them is missing or broken.
    """

    def __init__(self, app: App, words: Words = ENGLISH) -> None:
        self.words = words
        self._environment = app.renderer.in_language(words.language).environment
        if words is ENGLISH:  # other languages have the same templates, compiled when needed
            compile_all(self._environment, [f"web/{name}.html" for name in _NAMES])
        self.base = urlsplit(app.settings.public_url).path
        self._home = app.links.home
        self._always = {
            "base": self.base,
            "version": static_version(static_folder(app)),
            "operator": app.settings.operator_email,
            "choices": choices(words),
        }

    def render(self, name: str, status: int = 200, **names: object) -> HTMLResponse:
        """Return the page of a template; ConfigError, naming file and line, when it fails."""
        file = f"web/{name}.html"
        try:
            page = self._environment.get_template(file).render({**self._always, **names})
        except Exception as error:  # templates are the operator's: they may do anything
            raise broken(file, error) from error
        return HTMLResponse(page, status)

    def error(self, status: int) -> HTMLResponse:
        """Return the page of an HTTP status."""
        heading, text = _ERRORS.get(status, _ERRORS[500 if status >= 500 else 400])
        gettext = self.words.gettext
        return self.render("error", status, heading=gettext(heading), text=gettext(text))

    def file_too_large(self, filename: str) -> HTMLResponse:
        """Return the page that refuses a file for its size."""
        gettext, megabytes = self.words.gettext, LARGEST // MEGABYTE
        text = gettext(_FILE_TOO_LARGE, name=excerpt(filename, 80), most=megabytes)
        return self.render("error", 413, heading=gettext(_LARGE_FILE), text=text)

    def local(self, link: str) -> str:
        """Return a link of ours without the host, so that it also works where the host differs."""
        return self.base + link.removeprefix(self._home)

"""A check that the sentence-embedding model of the settings can be loaded and used."""

from contextlib import closing

from digestmail.app import App
from digestmail.config import Settings
from digestmail.doctor.check import Check, attempt
from digestmail.errors import DigestmailError


def examine_model(settings: Settings) -> Check:
    """Load the model and embed a text with it."""
    return attempt("model", lambda: _loaded(settings))


def _loaded(settings: Settings) -> str:
    with closing(App(settings)) as app:
        embedder = app.embeddings.embedder
        if embedder is None:
            return "words only"
        try:
            embedder.texts(["sea ice"])
        except DigestmailError:
            raise
        except Exception as error:  # what the libraries raise for a damaged model varies
            text = f"semantic.model: {settings.semantic.model} cannot be loaded"
            raise DigestmailError(f"{text}: {type(error).__name__}: {error}") from None
    return f"{settings.semantic.model} works"

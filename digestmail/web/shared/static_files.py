"""The style sheets and scripts of the pages, and the version by which browsers keep them."""

from hashlib import sha256
from pathlib import Path

from digestmail.app import App
from digestmail.resources import TEMPLATES

_FOLDER = "web/static"


def static_folder(app: App) -> Path:
    """Return the operator's own folder, or the built-in where their templates have none."""
    custom = app.settings.templates
    folder = app.settings.path(custom) / _FOLDER if custom else TEMPLATES / _FOLDER
    return folder if folder.is_dir() else TEMPLATES / _FOLDER


def static_version(folder: Path) -> str:
    """Return what changes whenever a file of the folder does, so that browsers fetch it anew."""
    digest = sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]

"""The settings: one TOML file, each overridable by an environment variable.

``DIGESTMAIL_SMTP__HOST`` overrides ``host`` of ``[smtp]``; for a secret, ``…_FILE`` names a file
that holds it. Read once by the shells and handed on as a value.
"""

from digestmail.config.loading import FILE_NAME, load, setting_names
from digestmail.config.sections import (
    BouncesSection,
    ClusterSection,
    DigestSection,
    DkimSection,
    MailSettings,
    SemanticSection,
    SmtpSection,
    WebSection,
)
from digestmail.config.settings import PREFIX, Settings

__all__ = [
    "FILE_NAME",
    "PREFIX",
    "BouncesSection",
    "ClusterSection",
    "DigestSection",
    "DkimSection",
    "MailSettings",
    "SemanticSection",
    "Settings",
    "SmtpSection",
    "WebSection",
    "load",
    "setting_names",
]

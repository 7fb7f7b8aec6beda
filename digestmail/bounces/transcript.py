"""What the receiving server said, and of whom, in a notice that is written for people. Pure."""

import re

from digestmail.bounces.notices import COPY

_MOST_SAID = 800  # letters of a server's reply; the advice that follows it is not its own

# What stands before a server's reply in the notices of the usual mail systems.
_LEADS = re.compile(
    r"remote host said:|(?:other|remote|recipient"
    r"|destination)(?: mail)?(?:'s)? server (?:returned|said"
    r"|responded|replied)[^\n:]{0,40}:?|the response (?:from the remote server )?was:"
    r"|the error (?:that the other server returned )?was:|\bsaid: (?=[\"'(]?[45]\d\d)"
    r"|smtp error from remote (?:mail )?server|technical details of (?:permanent"
    r"|temporary) failure:"
    r"|diagnostic (?:information|code)[^\n:]{0,60}:|\(reason: |\breason(?: is| of failure)?:"
    r"|<<< (?=[45]\d\d)|<-- (?=[45]\d\d)|remote server returned|session transcript:|\bbecause:"
    r"|(?:error message below|error reason|server message)[: -]|(?:退信原因|原因|エラー内容)[:：]",
    re.I,
)
_RCPT = re.compile(r"\brcpt to: ?<?([^\s<>@]{1,64}@[^\s<>:;,]{1,255})", re.I)
_COPIED_TO = re.compile(
    r"^[ >\t]{0,8}(?:rcpt )?to: [^\n@]{0,200}?([\w.+=%-]{1,64}@[\w.-]{1,255}\w)", re.I | re.M
)
_ADDRESS = re.compile(
    r"(?<![\w.+@-])[\w.+=%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?![\w@])", re.A
)
# An address on such a line or with such a name is not the one that the mail was for.
_FOREIGN_LINE = re.compile(
    r"message-?id|in-reply-to|references:|\bfrom:|\bsender\b|contact|help", re.I
)
_FOREIGN_NAME = re.compile(
    r"(?:postmaster|mailer-daemon|abuse|support|help ?-?desk|admin\w*|hostmaster|noc|info|delist"
    r"|no-?reply|root|bounces?|service)[\w.+-]{0,20}@",
    re.I,
)


def without_copy(text: str) -> str:
    """Return a notice's own words, without the copy of our mail that follows them."""
    start = COPY.search(text)
    return text[: start.start()] if start else text


def copied_recipient(text: str) -> str:
    """Return the address that the copy in a notice is to; empty without one."""
    start = COPY.search(text)
    addressed = _COPIED_TO.search(text, start.start()) if start else None
    return addressed[1].lower() if addressed else ""


def server_reply(text: str) -> str:
    """Return the reply of the server that refused the mail, as far as the notice quotes it."""
    lead = _LEADS.search(text)
    return text[lead.start() : lead.start() + _MOST_SAID] if lead else ""


def recipient_in(text: str, correspondents: str) -> str:
    """Return the address that a notice is about; empty when it names none.

    ``correspondents``: the lower-case text of the fields that name its sender and ours.
    """
    refused = _RCPT.search(text)
    if refused:
        return refused[1].lower()
    for line in text.splitlines():
        if _FOREIGN_LINE.search(line):
            continue
        for address in map(str.lower, _ADDRESS.findall(line)):
            if address not in correspondents and not _FOREIGN_NAME.match(address):
                return address
    return ""

"""Quoted-printable (RFC 2045 6.7), as all parts of the mails are written."""

import binascii
import re

_DOT = re.compile(rb"^\.", re.MULTILINE)


def quoted_printable(text: bytes) -> bytes:
    """Return ``text`` in quoted-printable with its line ends; no line begins with a dot.

    So SMTP has no dot to double (RFC 5321 4.5.2), which takes as long as all headers of a mail.
    """
    encoded = binascii.b2a_qp(text, istext=True)
    # On a line of its own, as there may be no room for it; and another dot may have followed it.
    dot = b"=2E=\r\n" if b"\r\n" in encoded else b"=2E=\n"
    while encoded.startswith(b".") or b"\n." in encoded:
        encoded = _DOT.sub(dot, encoded)
    return encoded

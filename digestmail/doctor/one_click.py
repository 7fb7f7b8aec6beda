"""A check that one-click unsubscription works from outside, as mail programs use it (RFC 8058)."""

import ssl

import httpx

from digestmail.doctor.check import Check

_NAME = "one-click"
_SECONDS = 10.0
_BODY = {"List-Unsubscribe": "One-Click"}
_OURS = (200, 404)  # to a link that we made, and to one that we did not


def examine_one_click(link: str) -> Check:
    """Post to ``link``, an unsubscribe link that belongs to nobody, and to a damaged copy of it.

    Only the service that holds our key can tell the two apart.
    """
    damaged = link[:-1] + ("a" if link[-1] != "a" else "b")
    home = link.rpartition("/unsubscribe/")[0]
    try:
        answers = [_posted(url) for url in (link, damaged)]
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _unreached(home, error)
    for answer in answers:
        if answer.is_redirect:
            where = answer.headers.get("location", "elsewhere")[:200]
            text = f"{home} redirects to {where}, which email programs do not follow"
            return Check(_NAME, False, f"{text}; set public_url to the target")
    if answers[0].is_server_error:
        code = answers[0].status_code
        return Check(
            _NAME, False, f"{home} returns {code}; check that digestmail serve is running there"
        )
    if tuple(answer.status_code for answer in answers) != _OURS:
        text = f"{home} is not this service, or has a different secret_key"
        return Check(_NAME, False, f"{text}; correct public_url or the proxy")
    return Check(_NAME, True, f"{home} accepts one-click unsubscribe")


def _posted(url: str) -> httpx.Response:
    return httpx.post(url, data=_BODY, timeout=_SECONDS, follow_redirects=False)


def _unreached(home: str, error: Exception) -> Check:
    if _is_about_certificate(error):
        text = f"{home}: the certificate is not valid, so one-click unsubscribe fails"
        return Check(_NAME, False, f"{text}; renew it")
    why = str(error) or type(error).__name__
    return Check(
        _NAME, None, f"{home} could not be reached ({why}); run digestmail serve and try again"
    )


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None

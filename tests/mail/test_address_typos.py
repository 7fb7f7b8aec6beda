"""Slips in the domain of an address: what is proposed, and what is left alone."""

import pytest

from digestmail.mail.address_typos import likely_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("GMIAL.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotnail.co.uk", "hotmail.co.uk"),
        ("outlok.com", "outlook.com"),
        ("yaho.com", "yahoo.com"),
        ("iclould.com", "icloud.com"),
        ("protonmial.com", "protonmail.com"),
        ("cs.example.con", "cs.example.com"),
    ],
)
def test_a_slip_has_a_proposal(typed: str, meant: str) -> None:
    assert likely_address(f"ada@{typed}") == f"ada@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com", "googlemail.com", "ymail.com", "mail.com", "email.com", "hotmail.be",
        "outlook.be", "yahoo.com.br", "example.org", "example.co", "tum.de",
        "mit.edu", "gmx.de", "gmx.net", "web.de", "qq.com", "163.com", "live.com", "love.com",
        "me.com", "aol.com", "pm.me", "cam.ac.uk", "xn--bcher-kva.example",
    ],
)  # fmt: skip
def test_a_right_domain_is_left_alone(domain: str) -> None:
    assert likely_address(f"ada@{domain}") == ""


@pytest.mark.parametrize("text", ["", "ada", "@gmial.com", "ada@", "@"])
def test_what_is_no_address_has_no_proposal(text: str) -> None:
    assert likely_address(text) == ""

"""What is accepted as an address."""

import pytest

from digestmail.errors import InputError
from digestmail.mail.address import checked_address, rate_key


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Alice@Example.ORG\n", "alice@example.org"),
        ("a.b+tag@example.net", "a.b+tag@example.net"),
        ("root@localhost", "root@localhost"),
        ("demo@relay.test", "demo@relay.test"),
        ("lab@printer.local", "lab@printer.local"),
        ("post@Bücher.example", "post@xn--bcher-kva.example"),
    ],
)
def test_accepts(typed: str, address: str) -> None:
    assert checked_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "alice",
        "alice@gmail",
        "al ice@example.org",
        "alice@example.org\r\nBcc: bob@example.org",
        "al\x00ice@example.org",
        "alice@exam\x7fple.org",
        "alice\u2028@example.org",
        "Alice <alice@example.org>",
        '"a b"@example.org',
        "älice@example.org",
        "alice@[127.0.0.1]",
        "alice@nowhere.invalid",
        "a" * 65 + "@example.org",
        "a@" + "b." * 125 + "example.org",
    ],
)
def test_refuses_in_one_line(typed: str) -> None:
    with pytest.raises(InputError) as raised:
        checked_address(typed)
    assert raised.value.field == "email"
    assert raised.value.message.isprintable()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("A.Li.Ce+papers@GoogleMail.com", "alice@gmail.com"),
        ("al.ice+x+y@example.org", "al.ice@example.org"),
        ("+@example.org", "+@example.org"),
        ("al.ice@mail.gmail.com", "al.ice@mail.gmail.com"),
        ("papers@alice.fastmail.com", "alice@fastmail.com"),
        ("alice+papers@fastmail.fm", "alice@fastmail.fm"),
        ("a.l_i-ce+x@protonmail.com", "alice@proton.me"),
        ("alice@pm.me", "alice@proton.me"),
        ("alice+papers@outlook.com", "alice@outlook.com"),
        ("alice+papers@hotmail.co.uk", "alice@hotmail.co.uk"),
        ("alice-papers@yahoo.com", "alice@yahoo.com"),
        ("alice-papers@yahoo.co.jp", "alice@yahoo.co.jp"),
        ("alice-papers@ymail.com", "alice@ymail.com"),
        ("alice-papers@example.org", "alice-papers@example.org"),
        ("alice+papers@me.com", "alice@icloud.com"),
        ("a.li-ce@ya.ru", "alice@yandex.ru"),
        ("-@yahoo.com", "-@yahoo.com"),
        ("...@gmail.com", "...@gmail.com"),
    ],
)
def test_spellings_of_a_mailbox_count_as_one(address: str, key: str) -> None:
    assert rate_key(address) == key

"""What the doctor says of a domain's records, asked of a real DNS server."""

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dns_server import ROOT, serving, text

from digestmail.doctor.dns.lookups import Dns
from digestmail.doctor.records import Sending, examine_records
from digestmail.mail.dkim import DkimKey, load_key

US = "digest.example.org"
BOUNCE = "bounce.digest.example.org"
KEY_NAME = f"s1._domainkey.{US}"


@pytest.fixture(scope="module")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    path = tmp_path_factory.mktemp("key") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    return load_key(path, "s1", US)


@pytest.fixture
def ed25519(tmp_path: Path) -> DkimKey:
    path = tmp_path / "seed"
    path.write_bytes(base64.b64encode(b"s" * 32))
    return load_key(path, "s1", US)


def good(key: DkimKey) -> dict[tuple[str, str], list[str]]:
    return {
        **ROOT,
        (US, "TXT"): [text("v=spf1 -all")],
        (BOUNCE, "TXT"): [text("v=spf1 a:relay.example.org -all")],
        (BOUNCE, "MX"): ["10 relay.example.org."],
        (KEY_NAME, "TXT"): [text(key.record)],
        (f"_dmarc.{US}", "TXT"): [text("v=DMARC1; p=reject")],
        ("relay.example.org", "A"): ["192.0.2.1"],
        ("1.2.0.192.in-addr.arpa", "PTR"): ["relay.example.org."],
    }


def found(
    key: DkimKey | None, table: Any, seconds: float = 4, **changes: Any
) -> dict[str, tuple[bool | None, str]]:
    """The last check of each name: for ``spf``, that of the domain in From."""
    given: dict[str, Any] = {
        "from_domain": US,
        "bounce_domain": BOUNCE,
        "key": key,
        "relays": ["relay.example.org"],
        "public_addresses": [],
    }
    with serving(table) as at:
        checks = list(examine_records(Dns(at, seconds), Sending(**(given | changes))))
    return {f"{c.name} {c.text.partition(':')[0]}": (c.ok, c.text) for c in checks} | {
        c.name: (c.ok, c.text) for c in checks
    }


def test_a_sound_domain_is_praised(rsa: DkimKey) -> None:
    checks = found(rsa, good(rsa), bounce_domain=US) | found(rsa, good(rsa))
    assert checks[f"spf {BOUNCE}"] == (True, f"{BOUNCE}: includes the relay; 1 of 10 lookups")
    assert checks["dkim"] == (True, f"{KEY_NAME}: matches the signing key")
    assert checks["dmarc"][0] is True
    assert "policy reject; DKIM and SPF are aligned" in checks["dmarc"][1]
    assert checks["mx"] == (True, f"{BOUNCE}: bounces go to relay.example.org")
    assert "ptr" not in checks


@pytest.mark.parametrize(
    ("records", "ok", "says"),
    [
        ([], False, "no SPF record; publish"),
        (["v=spf1 -all", "v=spf1 a -all"], False, "2 records"),
        (["v=spf1 ip5:1 -all"], False, "'ip5:1' is not valid in SPF"),
        (["v=spf1 a:relay.example.org +all"], False, "allows any sender"),
        (["v=spf1 a:relay.example.org"], None, "does not exclude other senders"),
        (["v=spf1 a:relay.example.org ?all"], None, "does not exclude other senders"),
        (["v=spf1 ip4:198.51.100.1 -all"], None, "does not include 192.0.2.1; add it"),
        (["v=spf1 " + "mx " * 11 + "-all"], False, "more than 10 DNS lookups"),
        (["v=spf1 include:nowhere.org -all"], False, "refers to nowhere.org"),
    ],
)
def test_spf(rsa: DkimKey, records: list[str], ok: bool | None, says: str) -> None:
    table = good(rsa) | {(BOUNCE, "TXT"): [text(record) for record in records]}
    said = found(rsa, table)[f"spf {BOUNCE}"]
    assert said[0] is ok
    assert says in said[1]


def test_a_domain_that_only_stands_in_from_need_not_have_spf(rsa: DkimKey) -> None:
    ok, says = found(rsa, good(rsa) | {(US, "TXT"): []})["spf"]
    assert (ok, "publish one" in says) == (None, True)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.9", "127.0.0.1", "fd00::1"])
def test_a_relay_inside_says_nothing_about_spf(rsa: DkimKey, address: str) -> None:
    ok, says = found(rsa, good(rsa), relays=[address])[f"spf {BOUNCE}"]
    assert ok is True
    assert "cannot be checked from here" in says


@pytest.mark.parametrize(
    ("records", "ok", "says"),
    [
        ([], False, "the record does not exist; publish there as TXT: v=DKIM1; k=rsa; p=MII"),
        (["hello"], False, "not a DKIM record"),
        (["v=DKIM1; p="], False, "revoked"),
        (["v=DKIM1; k=ed25519; p=AAAA"], False, "for an ed25519 key, ours is rsa"),
        (["v=DKIM1; p=MIIBIj"], False, "for a different key"),
        (["v=DKIM1; h=sha1; p=AAAA"], False, "does not allow sha256"),
        (["v=DKIM1; p=a", "v=DKIM1; p=b"], False, "2 records"),
    ],
)
def test_dkim(rsa: DkimKey, records: list[str], ok: bool | None, says: str) -> None:
    table = good(rsa) | {(KEY_NAME, "TXT"): [text(record) for record in records]}
    checked = found(rsa, table)["dkim"]
    assert checked[0] is ok
    assert says in checked[1]


def test_a_dkim_record_may_be_written_in_many_ways(rsa: DkimKey) -> None:
    spaced = rsa.record.replace("; ", " ;").replace("p=", "n=note; p = ", 1)
    assert found(rsa, good(rsa) | {(KEY_NAME, "TXT"): [text(spaced)]})["dkim"][0] is True
    test = found(rsa, good(rsa) | {(KEY_NAME, "TXT"): [text(f"{rsa.record}; t=y:s")]})["dkim"]
    assert (test[0], "t=y" in test[1]) == (None, True)


def test_an_ed25519_key_is_found_with_a_warning(ed25519: DkimKey) -> None:
    ok, says = found(ed25519, good(ed25519))["dkim"]
    assert (ok, "RSA" in says) == (None, True)


@pytest.mark.parametrize(
    ("records", "ok", "says"),
    [
        ([], False, "no DMARC record"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], False, "2 records"),
        (["v=DMARC1; p=maybe"], False, "p=maybe"),
        (["v=DMARC1"], False, "p=nothing"),
        (["v=DMARC1; p=none; aspf=s"], True, f"SPF of {BOUNCE} is not"),
    ],
)
def test_dmarc(rsa: DkimKey, records: list[str], ok: bool | None, says: str) -> None:
    table = good(rsa) | {(f"_dmarc.{US}", "TXT"): [text(record) for record in records]}
    checked = found(rsa, table)["dmarc"]
    assert checked[0] is ok
    assert says in checked[1]


def test_the_policy_of_the_domain_above_counts(rsa: DkimKey) -> None:
    table = good(rsa) | {
        (f"_dmarc.{US}", "TXT"): [],
        ("_dmarc.example.org", "TXT"): [text("v=DMARC1; p=reject; sp=quarantine; adkim=s")],
    }
    sibling = found(rsa, table, bounce_domain="bounces.example.org")["dmarc"]
    assert sibling[0] is True
    assert "_dmarc.example.org: policy quarantine; DKIM and SPF are aligned" in sibling[1]


def test_mail_that_nothing_vouches_for_is_told(rsa: DkimKey) -> None:
    table = good(rsa) | {("_dmarc.other.org", "TXT"): [text("v=DMARC1; p=none")]}
    changes: Any = {"from_domain": "other.org", "bounce_domain": BOUNCE}
    ok, says = found(rsa, table, **changes)["dmarc"]
    assert ok is False
    assert "set dkim.domain" in says
    assert found(None, table, **changes)["dmarc"][0] is None
    assert found(None, table)["dkim"][0] is None


@pytest.mark.parametrize(
    ("records", "ok", "says"),
    [
        ({}, False, "has no MX record, so bounces are lost"),
        ({(BOUNCE, "MX"): ["0 ."]}, False, "null MX"),
        ({(BOUNCE, "A"): ["192.0.2.9"]}, None, "go to the domain's address"),
        ({(BOUNCE, "MX"): ["5 gone.example.org."]}, False, "gone.example.org has no address"),
    ],
)
def test_mx(rsa: DkimKey, records: Any, ok: bool | None, says: str) -> None:
    table = good(rsa) | {(BOUNCE, "MX"): []} | records
    checked = found(rsa, table)["mx"]
    assert checked[0] is ok
    assert says in checked[1]


@pytest.mark.parametrize(
    ("own", "ok", "says"),
    [
        (["192.0.2.1"], True, "192.0.2.1 is relay.example.org"),
        (["192.0.2.1", "192.0.2.77"], False, "192.0.2.77: has no name"),
        (["192.0.2.2"], False, "its name relay.example.org has a different address"),
        ([], None, "cannot be determined from here"),
    ],
)
def test_ptr_of_a_relay_of_our_own(
    rsa: DkimKey, own: list[str], ok: bool | None, says: str
) -> None:
    table = good(rsa) | {("2.2.0.192.in-addr.arpa", "PTR"): ["relay.example.org."]}
    checks = found(rsa, table, relays=["localhost"], public_addresses=own)
    assert checks["ptr"][0] is ok
    assert says in checks["ptr"][1]
    covered = checks[f"spf {BOUNCE}"][1]
    assert ("includes the relay;" in covered) == (own == ["192.0.2.1"])


def test_without_an_answer_nobody_is_blamed(rsa: DkimKey) -> None:
    table = {key: ["silence"] for key in good(rsa)}
    checks = found(rsa, table, 0.5, relays=["127.0.0.1"], public_addresses=["192.0.2.1"])
    asked = [name for name in checks if " " not in name]
    assert asked == ["spf", "dkim", "dmarc", "mx", "ptr"]
    assert all(checks[name][0] is None for name in asked)
    assert all("DNS lookup " in checks[name][1] for name in asked)

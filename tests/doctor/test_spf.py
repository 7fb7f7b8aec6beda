"""SPF records, read and tried as receivers do."""

from collections.abc import Iterator

import pytest
from dns_server import ROOT, serving, text

from digestmail.doctor.dns.lookups import Dns
from digestmail.doctor.dns.spf import Evaluation, SpfError, ending, record_of, terms

RECORDS = {
    "plain.org": "v=spf1 ip4:192.0.2.0/28 ip6:2001:db8::/32 -all",
    "own.org": "v=spf1 A/24 mx//64 ~all",
    "includes.org": "v=spf1 include:plain.org ?include:own.org -all",
    "refuses.org": "v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 -all",
    "redirects.org": "v=spf1 ip4:203.0.113.9 redirect=plain.org",
    "ends.org": "v=spf1 -all redirect=nowhere.org ip4:192.0.2.1",
    "exists.org": "v=spf1 exists:mail.own.org exists:%{i}.list.org ptr exp=why.org -all",
    "open.org": "v=spf1 ip4:192.0.2.1",
    "loop.org": "v=spf1 include:loop.org -all",
    "lost.org": "v=spf1 include:nowhere.org -all",
    "many.org": "v=spf1 " + "a:own.org " * 11 + "-all",
    "void.org": "v=spf1 a:gone1.org mx:gone2.org exists:gone3.org -all",
    "voidsix.org": "v=spf1 a:own.org a:own.org a:own.org -all",
    "crowd.org": "v=spf1 mx:crowded.org -all",
    "macro.org": "v=spf1 include:%{d2}.spf.org exists:%{ir}.%{v}.list.org -all",
    "macro.org.spf.org": "v=spf1 ip4:192.0.2.9 -all",
}
TABLE = {
    **ROOT,
    **{(name, "TXT"): [text(record)] for name, record in RECORDS.items()},
    ("own.org", "A"): ["198.51.100.7"],
    ("own.org", "MX"): ["10 mail.own.org."],
    ("mail.own.org", "A"): ["203.0.113.1"],
    ("crowded.org", "MX"): [f"{number} mail.own.org." for number in range(11)],
    ("7.2.0.192.in-addr.list.org", "A"): ["127.0.0.2"],
    ("mail.own.org", "AAAA"): ["2001:db8:1::1"],
}


@pytest.fixture(scope="module")
def dns() -> Iterator[Dns]:
    with serving(TABLE) as at:
        yield Dns(at)


@pytest.mark.parametrize(
    ("domain", "address", "result"),
    [
        ("plain.org", "192.0.2.15", "+"),
        ("plain.org", "192.0.2.16", "-"),
        ("plain.org", "2001:db8:ffff::1", "+"),
        ("own.org", "198.51.100.200", "+"),
        ("own.org", "203.0.113.2", "~"),
        ("own.org", "2001:db8:1::2", "+"),
        ("own.org", "2001:db8:1:1::2", "~"),
        ("includes.org", "192.0.2.1", "+"),
        ("includes.org", "198.51.100.7", "?"),
        ("includes.org", "10.0.0.1", "-"),
        ("refuses.org", "192.0.2.1", "-"),
        ("refuses.org", "192.0.2.2", "+"),
        ("redirects.org", "192.0.2.1", "+"),
        ("redirects.org", "10.0.0.1", "-"),
        ("ends.org", "192.0.2.1", "-"),
        ("exists.org", "10.0.0.1", "+"),
        ("open.org", "10.0.0.1", "?"),
        ("macro.org", "192.0.2.9", "+"),
        ("macro.org", "192.0.2.7", "+"),
        ("macro.org", "192.0.2.8", "-"),
        ("voidsix.org", "198.51.100.7", "+"),
    ],
)
def test_addresses_are_judged(dns: Dns, domain: str, address: str, result: str) -> None:
    assert Evaluation(dns, domain).result(address) == result


@pytest.mark.parametrize(("domain", "count"), [("plain.org", 0), ("includes.org", 4)])
def test_lookups_are_counted(dns: Dns, domain: str, count: int) -> None:
    evaluation = Evaluation(dns, domain)
    evaluation.result("192.0.2.1")
    assert evaluation.lookups == count


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("loop.org", "more than 10 DNS lookups"),
        ("many.org", "more than 10 DNS lookups"),
        ("lost.org", r"refers to nowhere\.org, which has no SPF"),
        ("void.org", r"more than 2 of its names do not exist, such as gone3\.org"),
        ("crowd.org", r"crowded\.org has more than 10 MX"),
    ],
)
def test_what_receivers_give_up_on_is_told(dns: Dns, domain: str, why: str) -> None:
    with pytest.raises(SpfError, match=why):
        Evaluation(dns, domain).result("10.0.0.1")


def test_names_without_an_address_of_the_senders_kind_are_void(dns: Dns) -> None:
    with pytest.raises(SpfError, match="more than 2 of its names"):
        Evaluation(dns, "voidsix.org").result("2001:db8::1")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("v=spf1 ipv4:192.0.2.1 -all", "ipv4"),
        ("v=spf1 ip4:192.0.2.300 -all", r"192\.0\.2\.300 is not a network"),
        ("v=spf1 ip4:192.0.2.1/33 -all", "not a network"),
        ("v=spf1 include: -all", "include:"),
        ("v=spf1 ip4 -all", "'ip4' is not valid in SPF"),
        ("v=spf1 all-", "is not valid in SPF"),
    ],
)
def test_what_is_no_spf_is_named(record: str, why: str) -> None:
    with pytest.raises(SpfError, match=why):
        terms(record)


@pytest.mark.parametrize(
    ("record", "sign"),
    [
        ("v=spf1 -all", "-"),
        ("v=spf1 a ~ALL", "~"),
        ("v=spf1 all", "+"),
        ("v=spf1 a", ""),
        ("v=spf1", ""),
        ("v=spf1 redirect=e.org", "redirect"),
    ],
)
def test_endings(record: str, sign: str) -> None:
    assert ending(record) == sign


def test_there_may_be_one_record_only() -> None:
    others = ["google-site-verification=x", "v=spf10 -all"]
    assert record_of(others) == ""
    assert record_of([*others, "V=SPF1 -all"]) == "V=SPF1 -all"
    with pytest.raises(SpfError, match="2 records"):
        record_of(["v=spf1 -all", "v=spf1 a"])

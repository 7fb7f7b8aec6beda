"""DNS is asked over a real socket, once for each thing, and never for long."""

import pytest
from dns_server import ROOT, serving, text

from digestmail.doctor.dns.lookups import Dns, DnsError
from digestmail.errors import InputError

TABLE = {
    **ROOT,
    ("e.org", "TXT"): ['"v=spf1 " "-all"', text("x" * 600)],
    ("e.org", "MX"): ["20 b.e.org.", "10 a.e.org."],
    ("a.e.org", "A"): ["192.0.2.1"],
    ("a.e.org", "AAAA"): ["2001:db8::1"],
    ("nothing.e.org", "MX"): ["0 ."],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["a.e.org."],
    ("slow.e.org", "TXT"): ["silence"],
    ("broken.e.org", "TXT"): ["trouble"],
}


def test_records_are_read() -> None:
    with serving(TABLE) as at:
        dns = Dns(at)
        assert sorted(dns.texts("E.org.")) == ["v=spf1 -all", "x" * 600]
        assert dns.exchangers("e.org") == ["a.e.org", "b.e.org"]
        assert dns.exchangers("nothing.e.org") == ["."]
        assert dns.addresses("a.e.org") == ["192.0.2.1", "2001:db8::1"]
        assert dns.addresses("2001:DB8::7") == ["2001:db8::7"]
        assert dns.names_of("192.0.2.1") == ["a.e.org"]


@pytest.mark.parametrize("name", ["a.e.org", "absent.e.org"])
def test_no_record_is_an_answer(name: str) -> None:
    with serving(TABLE) as at:
        assert Dns(at).texts(name) == []


def test_nothing_is_asked_twice() -> None:
    asked: list[tuple[str, str]] = []
    with serving(TABLE, asked) as at:
        dns = Dns(at)
        assert dns.texts("e.org") == dns.texts("E.ORG")
    assert asked == [("e.org", "TXT")]


def test_silence_is_told_soon_and_once() -> None:
    asked: list[tuple[str, str]] = []
    with serving(TABLE, asked) as at:
        dns = Dns(at, seconds=0.3)
        for name in ("slow.e.org", "a.e.org", "b.e.org"):
            with pytest.raises(DnsError, match="DNS lookup failed: no nameserver responds"):
                dns.texts(name)
    assert asked == [("slow.e.org", "TXT")]  # of which the resolver has no time for another


def test_trouble_with_one_name_is_no_silence() -> None:
    with serving(TABLE) as at:
        dns = Dns(at)
        with pytest.raises(DnsError, match=r"DNS lookup for broken\.e\.org failed"):
            dns.texts("broken.e.org")
        assert dns.addresses("a.e.org")


def test_a_nameserver_of_a_closed_network_proves_nothing_absent() -> None:
    closed = {key: values for key, values in TABLE.items() if key not in ROOT}
    with serving(closed) as at, pytest.raises(DnsError, match="only knows this network"):
        Dns(at).texts("absent.e.org")


def test_a_name_that_cannot_be_one_is_told() -> None:
    with serving(TABLE) as at, pytest.raises(DnsError, match="LabelTooLong"):
        Dns(at).texts("x" * 64 + ".e.org")


@pytest.mark.parametrize("at", ["9.9.9.9", "2001:db8::1", "[2001:db8::1]:5353", "127.0.0.1:53"])
def test_nameservers_are_addresses(at: str) -> None:
    assert Dns(at)


@pytest.mark.parametrize("at", ["dns.example.org", "127.0.0.1:port", "127.0.0.1:", ":53"])
def test_what_is_no_nameserver_is_told(at: str) -> None:
    with pytest.raises(InputError, match="nameserver: write an address"):
        Dns(at)

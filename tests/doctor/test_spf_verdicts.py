"""Random SPF records, nearly all with one fault, are judged as pyspf judges them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dns_server import ROOT, serving, text

from digestmail.doctor.dns.lookups import Dns
from digestmail.doctor.dns.spf import Evaluation, SpfError

VERDICTS = Path(__file__).with_name("spf_verdicts.tsv").read_text(encoding="utf-8")
CASES = [line.split("\t") for line in VERDICTS.splitlines() if not line.startswith("#")]
ZONE = {
    **ROOT,
    ("a.test", "A"): ["192.0.2.1"],
    ("b.test", "A"): ["192.0.2.2"],
    ("b.test", "AAAA"): ["2001:db8::2"],
    ("d.test", "A"): ["192.0.2.77"],
    ("d.test", "MX"): ["10 a.test."],
    ("mx.test", "MX"): ["10 a.test.", "20 b.test."],
    ("many.test", "MX"): [f"{number} h{number}.test." for number in range(12)],
    **{(f"h{number}.test", "A"): [f"198.51.100.{number + 1}"] for number in range(12)},
    ("inc.test", "TXT"): [text("v=spf1 ip4:203.0.113.0/24 -all")],
    ("inc2.test", "TXT"): [text("v=spf1 include:inc.test a:a.test ?all")],
    ("loop.test", "TXT"): [text("v=spf1 include:loop.test -all")],
    ("nospf.test", "TXT"): [text("hello")],
}
NAMES = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class OneRecord(Dns):
    """The zone, with the record under trial at d.test."""

    record = ""

    def texts(self, name: str) -> list[str]:
        """The record under trial where d.test is asked for."""
        return [self.record] if name == "d.test" else super().texts(name)


@pytest.fixture(scope="module")
def dns() -> Iterator[OneRecord]:
    with serving(ZONE) as at:
        yield OneRecord(at)


def verdict(dns: OneRecord, record: str) -> str:
    dns.record = record
    try:
        return NAMES[Evaluation(dns, "d.test").result("192.0.2.55")]
    except SpfError:
        return "permerror"


def test_there_are_cases_of_each_verdict() -> None:
    assert {verdict for verdict, _ in CASES} == {*NAMES.values(), "permerror"}
    assert len(CASES) > 400


def test_every_record_is_judged_as_receivers_judge_it(dns: OneRecord) -> None:
    wrong = [
        (record, expected, found)
        for expected, record in CASES
        if (found := verdict(dns, record)) != expected
    ]
    assert wrong == []

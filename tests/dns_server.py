"""A small real DNS server on loopback, which answers from a table."""

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Table = Mapping[tuple[str, str], Sequence[str]]
ROOT = {("", "NS"): ["a.root-servers.net."]}


def text(value: str) -> str:
    """A TXT record as zone files have it, in strings of at most 255 letters."""
    return " ".join(f'"{value[start : start + 255]}"' for start in range(0, len(value), 255))


class _Answers(socketserver.BaseRequestHandler):
    table: Table
    asked: list[tuple[str, str]]

    def handle(self) -> None:
        data, udp = self.request
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text().lower().rstrip(".")
        key = (name, dns.rdatatype.to_text(question.rdtype))
        self.asked.append(key)
        if self.table.get(key) == ["silence"]:
            return
        answer = dns.message.make_response(query, recursion_available=True)
        if self.table.get(key) == ["trouble"]:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.table.get(key):
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", key[1], found))
        elif name not in {known for known, _ in self.table}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        udp.sendto(answer.to_wire(), self.client_address)


@contextmanager
def serving(table: Table, asked: list[tuple[str, str]] | None = None) -> Iterator[str]:
    """The ``host:port`` of a server of ``table``; ``asked`` gets every question.

    Names are in lower case without the last dot; ``["silence"]`` gets no reply, ``["trouble"]``
    SERVFAIL.
    """
    values: dict[str, Any] = {"table": table, "asked": [] if asked is None else asked}
    handler = type("_Table", (_Answers,), values)
    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

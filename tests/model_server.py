"""A real OpenAI-compatible endpoint on loopback that answers as a test tells it."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-s3cr3t-of-the-tests"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; ``chunks`` follow the body one by one, ``wait`` comes before each."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: int = 0
    wait: Callable[[], object] = lambda: None


def completion(text: object, tokens: object = 120) -> Reply:
    """Return a chat completion as endpoints send it."""
    message = {"role": "assistant", "content": text}
    answer = {"choices": [{"index": 0, "message": message}], "usage": {"total_tokens": tokens}}
    return Reply(json.dumps(answer).encode())


@dataclass(frozen=True)
class Asked:
    """A request: its path, headers, task and the data in its message."""

    path: str
    headers: Mapping[str, str]
    model: str
    task: str
    data: dict[str, Any]


@dataclass
class ModelServer:
    """The server as a test sees it."""

    answer: Callable[[Asked], Reply]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    model: ModelServer
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        task, data = (message["content"] for message in body["messages"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, headers, body["model"], task, json.loads(data))
        self.server.model.asked.append(asked)
        reply = self.server.model.answer(asked)
        reply.wait()
        try:
            self._send(reply)
        except OSError:  # the client has left, as it should
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not reply.chunks:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        for _ in range(reply.chunks):
            reply.wait()
            self.wfile.write(b" " * 1000)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the tests look at the server."""


@contextmanager
def model_server(answer: Callable[[Asked], Reply] | Reply | str) -> Iterator[ModelServer]:
    """Serve an endpoint on a free port; a single reply is given to every request."""
    if isinstance(answer, str):
        answer = completion(answer)
    function = (lambda _: answer) if isinstance(answer, Reply) else answer
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.model = ModelServer(function, f"http://127.0.0.1:{server.server_port}/v1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.model
        finally:
            server.shutdown()
            thread.join()

"""What every test starts from: matplotlib's own settings, no figure left by the one before."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from matplotlib import pyplot as plt


def pytest_collection_modifyitems(items):
    """Put files first that take longest, so that no process is left with one at the end."""
    slow, real = (
        {item.path for item in items if item.get_closest_marker(mark)} for mark in ("slow", "real")
    )
    items.sort(key=lambda item: (item.path not in slow, item.path not in real))


@pytest.fixture(autouse=True)
def _clean_figures():
    with plt.rc_context():
        yield
    plt.close("all")


class StubEndpoint:
    """An OpenAI-compatible endpoint on this machine that answers what a test says.

    `answer` takes the path and the question and returns an object, or bytes, or a status.
    """

    def __init__(self):
        self.asked = []
        self.keys = []
        self.answer = lambda path, question: {}
        self.delay = 0.0
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                question = json.loads(body)
                stub.asked.append((self.path, question))
                stub.keys.append(self.headers.get("Authorization"))
                time.sleep(stub.delay)
                found = stub.answer(self.path, question)
                status, content = (found, b"{}") if isinstance(found, int) else (200, found)
                if not isinstance(content, bytes):
                    content = json.dumps(content).encode()
                try:
                    self.send_response(status)
                    if status in (301, 302, 307):
                        self.send_header("Location", stub.url + "/elsewhere")
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:  # the client has given up, as a test of time-outs wants
                    self.close_connection = True

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def stub_endpoint(monkeypatch):
    stub = StubEndpoint()
    monkeypatch.setenv("LLM_URL", stub.url + "/")
    monkeypatch.setenv("LLM_KEY", "a-key-for-tests")
    yield stub
    stub.close()

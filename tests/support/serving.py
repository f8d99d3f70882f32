"""A small HTTP server of a test's own, for what no real one does on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], port: int = 0) -> Iterator[str]:
    """Serve for as long as the block lasts, and log nothing; say where: "host:port"."""

    class Silent(handler):
        def handle(self) -> None:
            # Whoever has heard enough hangs up.
            with suppress(ConnectionError):
                super().handle()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Silent) as server:
        # A request that still waits holds up no end.
        server.daemon_threads = True
        # The poll interval is how long shutdown() waits for the loop to notice.
        thread = threading.Thread(target=server.serve_forever, args=(0.002,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

"""A proxy in front of Postgres that understands just enough of its protocol to interfere at a chosen message.

    with PostgresProxy(conninfo) as proxy:
        proxy.conninfo            what a client connects to
        held = proxy.hold_after_flush()
        …                         the next client that flushes without a Sync (between two waves) is held there
        held.wait(10)
        proxy.release()

delay=SECONDS adds that long in each direction.  isolation="read committed" lies to both sides: the client's session
runs under it although the client asked for, verifies and reads "repeatable read".

Messages: https://www.postgresql.org/docs/15/protocol-message-formats.html
"""

import queue
import re
import socket
import struct
import threading
import time

ASKED_ISOLATION = b"repeatable read"


def parse_conninfo(conninfo):
    """key=value pairs, values quoted or not, as a dict."""
    pairs = re.findall(r"(\w+)\s*=\s*(?:'([^']*)'|(\S+))", conninfo)
    return {key: quoted or plain for key, quoted, plain in pairs}


def read_exactly(stream, n):
    data = stream.read(n)
    if len(data) < n:
        raise ConnectionError("closed")
    return data


class _Pair:
    """One client and its connection to Postgres."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = proxy.connect_upstream()

    def run(self):
        pumps = [threading.Thread(target=pump, daemon=True) for pump in (self._from_client, self._from_server)]
        for pump in pumps:
            pump.start()
        for pump in pumps:
            pump.join()
        self.close()

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def _pump(self, source, target, first, transform):
        """Messages from source to target, in order, each `delay` after it came."""
        outgoing = queue.Queue()

        def send():
            try:
                while (item := outgoing.get()) is not None:
                    due, data = item
                    time.sleep(max(0, due - time.monotonic()))
                    target.sendall(data)
            except OSError:
                pass

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        try:
            stream = source.makefile("rb", buffering=1 << 16)
            for data in first(stream):
                outgoing.put((time.monotonic() + self.proxy.delay, data))
            while True:
                kind, size = struct.unpack("!cI", read_exactly(stream, 5))
                body = transform(kind, read_exactly(stream, size - 4))
                outgoing.put((time.monotonic() + self.proxy.delay, kind + struct.pack("!I", len(body) + 4) + body))
        except (ConnectionError, OSError, ValueError):
            pass
        outgoing.put(None)
        sender.join()
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _from_client(self):
        self.flushed = False
        self._pump(self.client, self.server, self._startup, self._client_message)

    def _from_server(self):
        self._pump(self.server, self.client, lambda stream: (), self._server_message)

    def _startup(self, stream):
        """Startup and cancel requests have a length and no kind; TLS and GSS are declined."""
        while True:
            size, code = struct.unpack("!II", read_exactly(stream, 8))
            body = read_exactly(stream, size - 8)
            if code in (80877103, 80877104):
                self.client.sendall(b"N")
                continue
            body = self._lower_isolation(body)
            yield struct.pack("!II", len(body) + 8, code) + body
            return

    def _lower_isolation(self, body):
        if not self.proxy.isolation:
            return body
        wanted = self.proxy.isolation.encode()
        body = body.replace(ASKED_ISOLATION.replace(b" ", b"\\ "), wanted.replace(b" ", b"\\ "))
        return re.sub(re.escape(ASKED_ISOLATION), wanted, body, flags=re.IGNORECASE)

    def _client_message(self, kind, body):
        if self.flushed:
            self.proxy.pause_here()
        self.flushed = kind == b"H"
        return self._lower_isolation(body) if kind in b"QP" else body

    def _server_message(self, kind, body):
        if kind != b"D" or not self.proxy.isolation:
            return body
        out, at = body[:2], 2
        for _ in range(struct.unpack_from("!H", body)[0]):
            size, = struct.unpack_from("!i", body, at)
            value = body[at + 4:at + 4 + max(size, 0)]
            at += 4 + len(value)
            if value == self.proxy.isolation.encode():
                value, size = ASKED_ISOLATION, len(ASKED_ISOLATION)
            out += struct.pack("!i", size) + value
        return out


class PostgresProxy:
    def __init__(self, conninfo, delay=0.0, isolation=None):
        self.upstream = parse_conninfo(conninfo)
        self.delay, self.isolation = delay, isolation
        self._armed, self._held, self._released = False, threading.Event(), threading.Event()
        self._lock, self._pairs = threading.Lock(), []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.conninfo = " ".join([f"host=127.0.0.1 port={self.port} sslmode=disable gssencmode=disable",
                                  *(f"{key}='{self.upstream[key]}'" for key in ("user", "dbname") if key in self.upstream)])

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        self.release()
        self.cut()

    def cut(self):
        """Closes every connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.close()

    def hold_after_flush(self):
        """The next message after a Flush waits for release().  Returns an event that is set when one is held."""
        self._held.clear()
        self._released.clear()
        self._armed = True
        return self._held

    def release(self):
        self._armed = False
        self._released.set()

    def pause_here(self):
        if self._armed:
            self._held.set()
            self._released.wait(60)

    def connect_upstream(self):
        host, port = self.upstream.get("host", "127.0.0.1"), self.upstream.get("port", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        upstream = socket.socket(socket.AF_UNIX)
        upstream.connect(f"{host}/.s.PGSQL.{port}")
        return upstream

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(self, client)
            with self._lock:
                self._pairs.append(pair)
            threading.Thread(target=pair.run, daemon=True).start()

"""Bad input, row by row: what it is answered, that no query ran for it, and that the connection it came by goes on.

Two connections tell the last: a gRPC channel whose state is watched, and HTTP/2 written by hand for what no gRPC client
sends.
"""

import base64
import collections
import contextlib
import socket
import struct
import time

import grpc
import pytest

from support.client import Failure
from support.service import Service

BOOKS, ENTRIES, EMPLOYEES = "Library/ListBooks", "Pages/ListEntries", "Houses/ListEmployees"


# ---- the table

Row = collections.namedtuple("Row", "row what method request reason field")


def mask(what, path, method=BOOKS, reason="INVALID_MASK"):
    return Row("mask", what, method, {"mask": [path]}, reason, "read_mask.paths[0]")


def masks(what, paths, reason, field, method=BOOKS):
    return Row("mask", what, method, {"mask": paths}, reason, field)


def filtered(what, text, reason="INVALID_FILTER", method=BOOKS):
    return Row("filter", what, method, {"filter": text}, reason, "filter")


def order(what, text):
    return Row("order_by", what, ENTRIES, {"order_by": text}, "INVALID_ORDER", "order_by")


def wire(what, data, field="", method="Library/GetBook"):
    return Row("wire", what, method, data, "MALFORMED_REQUEST", field)


def delimited(number, data):
    """A field with its length, as protobuf writes it."""
    length, rest = b"", len(data)
    while rest > 127:
        length, rest = length + bytes([rest & 127 | 128]), rest >> 7
    return bytes([number << 3 | 2]) + length + bytes([rest]) + data


def nested(levels, number, outermost):
    data = b""
    for _ in range(levels):
        data = delimited(number, data)
    return delimited(outermost, data)


ROWS = [
    mask("an unknown field", "titel"),
    mask("an unknown field below a relation", "authors.nmae"),
    mask("an empty path", ""),
    mask("a dot alone", "."),
    mask("a trailing dot", "id."),
    mask("a leading dot", ".id"),
    mask("an empty segment", "authors..name"),
    mask("single quotes", "'id'"),
    mask("double quotes", '"id"'),
    mask("backquotes", "authors.`name`"),
    mask("an end of statement", "id;--"),
    mask("a NUL", "id\0"),
    mask("a letter that looks like one", "ıd"),
    mask("a blank", " id"),
    mask("two in one", "id, title"),
    mask("a field of a scalar", "title.length"),
    mask("a star of a scalar", "title.*"),
    mask("an index", "authors.0"),
    mask("an index in brackets", "authors[0]"),
    Row("mask", "bytes that are no UTF-8", BOOKS, delimited(5, delimited(1, b"\xff\xfe")), "MALFORMED_REQUEST",
        "read_mask.paths[0]"),
    masks("too many paths", ["id"] * 201, "REQUEST_TOO_COMPLEX", "read_mask.paths[0]"),
    masks("a path too deep", [".".join(["boss"] * 11)], "REQUEST_TOO_COMPLEX", "read_mask.paths[0]", EMPLOYEES),
    masks("too many relations, of itself again and again",
          [".".join(("boss" if bits >> i & 1 else "reports") for i in range(9)) for bits in range(32)],
          "REQUEST_TOO_COMPLEX", None, EMPLOYEES),

    filtered("no value", "id = "),
    filtered("no field", "= 3"),
    filtered("no right side", "id = 3 AND"),
    filtered("no other side", "id = 3 OR"),
    filtered("nothing to have", "title:"),
    filtered("an open parenthesis", "(id = 3"),
    filtered("a closed parenthesis", "id = 3)"),
    filtered("an open string", 'title = "open'),
    filtered("an operator that is none", "id == 3"),
    filtered("a negation of nothing", "NOT"),
    filtered("a text alone", '"Poems"'),
    filtered("a word alone", "Poems"),
    filtered("words behind the end", "exists(authors)x"),
    filtered("a NUL", "id\0 = 3"),
    filtered("an order of several", "id > (1 OR 2)"),
    filtered("an unknown field", "nothing = 1"),
    filtered("an unknown field of a relation", "publisher.nothing = 1"),
    filtered("a field of a scalar", "title.x = 1"),
    filtered("a list compared as if it were one", "authors.name = 1"),
    filtered("a type mismatch", "id = abc"),
    filtered("a fraction for an integer", "id = 1.5"),
    filtered("an overflow of int64", "id = 9223372036854775808"),
    filtered("an underflow of int64", "id = -9223372036854775809"),
    filtered("an overflow of int4", "pages = 2147483648"),
    filtered("NaN", "a_float8 = NaN", method="Types/ListEverything"),
    filtered("NaN for an integer", "id = NaN"),
    filtered("an unknown function", "nosuch(id)"),
    filtered("an unknown function for a value", "title = nosuch(id)"),
    filtered("a function of nothing", "lower() = 1"),
    filtered("a function of too much", "lower(title, id) = 1"),
    filtered("a function of the wrong type", "lower(id) = 1"),
    filtered("a function alone", "lower(title)"),
    filtered("a function of a function", "lower(lower(title)) = a"),
    filtered("10,000 functions", "lower(" * 10000 + "title" + ")" * 10000 + " = a", "REQUEST_TOO_COMPLEX"),
    filtered("a search for nothing", "search(title)"),
    filtered("a search in a number", "search(id, a)"),
    filtered("a configuration that is none", "search(title, a, \"english'); --\")"),
    filtered("json compared whole", "a_jsonb = 1", method="Types/ListEverything"),
    filtered("an empty key of json", "a_jsonb. = 1", method="Types/ListEverything"),
    filtered("two dots in json", "a_jsonb..b = 1", method="Types/ListEverything"),
    filtered("null in json", "a_jsonb.b = null", method="Types/ListEverything"),
    filtered("an order of booleans", "a_jsonb.b > true", method="Types/ListEverything"),
    filtered("an order of wildcards", "a_jsonb.b > 'a*'", method="Types/ListEverything"),
    filtered("a search inside json", "search(a_jsonb.b, x)", method="Types/ListEverything"),
    filtered("a path of json too deep", "a_jsonb" + ".b" * 40 + " = 1", "REQUEST_TOO_COMPLEX", "Types/ListEverything"),
    filtered("a NUL in a key", "a_jsonb.'b\0' = 1", method="Types/ListEverything"),
    filtered("a range that is none", "an_int4range:'[1,2'", method="Types/ListEverything"),
    filtered("a range the wrong way round", "an_int4range:'[2,1]'", method="Types/ListEverything"),
    filtered("a bound that is none", "an_int4range:'[1,x)'", method="Types/ListEverything"),
    filtered("a bound beyond its type", "an_int4range:'[1,2147483648)'", method="Types/ListEverything"),
    filtered("the last integer included", "an_int4range:'[1,2147483647]'", method="Types/ListEverything"),
    filtered("a value of another type in a range", "an_int4range:1.5", method="Types/ListEverything"),
    filtered("an overlap with a value", "overlaps(an_int4range, 5)", method="Types/ListEverything"),
    filtered("an overlap of what is no range", "overlaps(id, '[1,2)')"),
    filtered("a literal of a megabyte", 'title = "' + "x" * 1000000 + '"', "REQUEST_TOO_COMPLEX"),
    filtered("10,000 parentheses", "(" * 10000 + "id = 1" + ")" * 10000, "REQUEST_TOO_COMPLEX"),
    filtered("parentheses within the length", "(" * 5000 + "id = 1" + ")" * 5000, "REQUEST_TOO_COMPLEX"),
    filtered("10,000 ORs", " OR ".join(["id = 1"] * 10001), "REQUEST_TOO_COMPLEX"),
    filtered("ORs within the length", " OR ".join(["id = 1"] * 1500), "REQUEST_TOO_COMPLEX"),
    filtered("negations within the length", "NOT (" * 3000 + "id = 1" + ")" * 3000, "REQUEST_TOO_COMPLEX"),
    filtered("negations of negations", "NOT " * 4000 + "id = 1"),

    order("an unknown field", "nothing"),
    order("a bad direction", "id up"),
    order("two directions", "id desc asc"),
    order("a repeated field", "id, id"),
    order("a repeated field, the other way round", "id desc, id"),
    order("a missing field", "id,,label"),
    order("a comma alone", ","),
    order("an end of statement", "label; --"),
    order("a field of a scalar", "id.x"),

    Row("paging", "a negative size", ENTRIES, {"page_size": -1}, "INVALID_PAGE_SIZE", "page_size"),

    wire("a tag without its value", b"\x08"),
    wire("a length beyond the end", b"\x12\x05ab", "read_mask"),
    wire("a length of 4 GiB", b"\x12\xff\xff\xff\xff\x0f", "read_mask"),
    wire("no varint", b"\xff" * 20),
    wire("a field number of zero", b"\x02\x00"),
    wire("a group", b"\x08\x01\x7b\x7c"),
    wire("the end of a group", b"\x7c"),
    wire("10,000 open groups", b"\x08\x01" + b"\x1b" * 10000),
    wire("a text for a number", b"\x0a\x011", "id"),
    wire("a number for a message", b"\x10\x01", "read_mask"),
    wire("text that is no UTF-8", delimited(2, delimited(1, b"\xed\xa0\x80")), "read_mask.paths[0]"),
    wire("messages nested 10,000 deep", nested(10000, 1, 10), ".".join(["nest"] + ["inner"] * 15), ENTRIES),
]


def send(service, row):
    if isinstance(row.request, bytes):
        return service.client.raw("/" + service.path(row.method), row.request)
    return service.call(row.method, **row.request)


@pytest.fixture(scope="module")
def states(cases):
    """What the channel's connection has been since the first test: READY and nothing else, while no one closes it."""
    seen = []
    cases.call("Library/GetBook", ["id"], id=1)
    cases.client.channel.subscribe(seen.append)
    yield seen
    cases.client.channel.unsubscribe(seen.append)


def expect_the_next_call(cases, states):
    assert cases.call("Library/GetBook", ["id"], id=1) == {"id": 1}
    assert set(states) <= {grpc.ChannelConnectivity.READY}, "the connection was lost"


@contextlib.contextmanager
def refused(cases, states, code="INVALID_ARGUMENT"):
    """No query for what is refused, no text of the database in the answer, the next call as ever."""
    cases.database.reset_statements()
    with pytest.raises(Failure) as failed:
        yield failed
    assert failed.value.code.name == code, failed.value
    assert cases.database.statement_count() == 0
    for word in ("SELECT", "ERROR:", "pg_", "syntax error at"):
        assert word not in failed.value.message
    expect_the_next_call(cases, states)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.row}: {row.what}" for row in ROWS])
def test_bad_input_is_an_invalid_argument(cases, states, row):
    with refused(cases, states) as failed:
        send(cases, row)
    error = failed.value
    assert (error.reason, error.domain) == (row.reason, "rowan")
    if row.field:
        assert [field for field, _ in error.violations] == [row.field]
    if row.reason == "REQUEST_TOO_COMPLEX":
        assert {"limit", "value", "setting"} <= set(error.metadata)
        assert int(error.metadata["value"]) > int(error.metadata["limit"])


@pytest.mark.parametrize("what, request_of, expected", [
    ("paths that are said twice", {"mask": ["id", "publisher.name", "id", "publisher.name"], "page_size": 1},
     {"id": 1, "publisher": {"name": "North"}}),
    ("SQL as a value", {"mask": ["id"], "filter": "title = \"' OR 1=1 --\""}, None),
    ("SQL as a value, in single quotes", {"mask": ["id"], "filter": "title = ' OR 1=1 --'"}, None),
    ("SQL as what is searched for", {"mask": ["id"], "filter": "search(title, \"' OR 1=1 --\")"}, None),
    ("what would break a tsquery", {"mask": ["id"], "filter": "search(title, \"(!| & :* <-> \\\\ '\")"}, None),
    ("a word longer than a tsvector holds", {"mask": ["id"], "filter": f"search(title, {'x' * 9000})"}, None),
    ("10,000 words", {"mask": ["id"], "filter": f"search(title, '{'x -y ' * 3000}')"}, None),
    ("a page larger than there may be", {"mask": ["id"], "page_size": 2147483647, "filter": "id = 1"}, {"id": 1}),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_looks_bad_and_is_not(cases, what, request_of, expected):
    answer = cases.call(BOOKS, **request_of)
    assert answer.get("books", []) == ([expected] if expected else [])


def test_a_page_is_never_larger_than_declared(cases):
    assert len(cases.call(ENTRIES, ["id"], page_size=2147483647)["entries"]) == 20


def test_a_star_does_not_follow_a_resource_into_itself(cases):
    answer, statements = cases.counted(EMPLOYEES, ["*"])
    assert statements == 1 and all(set(employee) == {"id", "name"} for employee in answer["employees"])


# ---- page tokens

MASTER, RETIRED, STRANGER = "11" * 32, "22" * 32, "33" * 32
PAGE = {"mask": ["id"], "order_by": "rank", "page_size": 3}


def tampered(token):
    yield "cut by one", token[:-1]
    yield "cut in half", token[:len(token) // 2]
    yield "longer", token + "A"
    yield "nonsense", "nonsense"
    yield "no ASCII", "é"
    yield "a megabyte", "A" * 1000000
    data = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for at in (0, 1, 5, len(data) // 2, len(data) - 1):
        flipped = bytearray(data)
        flipped[at] ^= 1
        yield f"byte {at} flipped", base64.urlsafe_b64encode(flipped).decode().rstrip("=")


def token_sealed_by(cases_set, cases_database, keys):
    with Service("cases.v1", cases_set, cases_database, "--token-keys", keys) as service:
        return service.call(ENTRIES, **PAGE)["next_page_token"]


def test_a_token_that_is_not_of_this_request_is_refused_with_one_text(cases, cases_set, cases_database, events, states):
    token = cases.call(ENTRIES, **PAGE)["next_page_token"]
    requests = {what: dict(PAGE, page_token=bad) for what, bad in tampered(token)}
    requests["another order's"] = dict(PAGE, page_token=token, order_by="rank desc")
    requests["no order's"] = dict(PAGE, page_token=token, order_by="")
    requests["another filter's"] = dict(PAGE, page_token=token, filter="rank > 0")
    requests["another condition's"] = dict(PAGE, page_token=token, rank=1)
    requests["another server's"] = dict(PAGE, page_token=token_sealed_by(cases_set, cases_database, STRANGER))
    requests["another resource's"] = dict(
        PAGE, page_token=events.call("EventService/ListEvents", ["id"], page_size=1)["next_page_token"])
    answers = {}
    for what, request in requests.items():
        with refused(cases, states) as failed:
            cases.call(ENTRIES, **request)
        error = failed.value
        answers[what] = (error.reason, error.message, tuple(error.violations))
    assert len(set(answers.values())) == 1, answers
    assert answers["nonsense"][0] == "INVALID_PAGE_TOKEN" and answers["nonsense"][2][0][0] == "page_token"
    assert len(cases.call(ENTRIES, **PAGE, page_token=token)["entries"]) == 3


def test_a_token_ends_with_its_key_and_with_its_time(cases_set, cases_database):
    """Rotation keeps tokens of the retired key; expiry has the text of every other bad token."""
    retired, stranger = (token_sealed_by(cases_set, cases_database, key) for key in (RETIRED, STRANGER))
    with Service("cases.v1", cases_set, cases_database, "--token-keys", f"{MASTER},{RETIRED}",
                 "--token-lifetime", "1") as service:
        assert service.call(ENTRIES, **PAGE, page_token=retired)["entries"]
        token = service.call(ENTRIES, **PAGE)["next_page_token"]
        time.sleep(2.1)
        texts = set()
        for bad in (token, stranger):
            with pytest.raises(Failure) as failed:
                service.call(ENTRIES, **PAGE, page_token=bad)
            texts.add((failed.value.code.name, failed.value.reason, failed.value.message))
        assert len(texts) == 1 and next(iter(texts))[:2] == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN")


# ---- too much


def test_more_rows_than_the_statistics_allow_are_refused_before_any_query(events_set, cluster, events_database):
    events_database.run("ANALYZE")
    with Service("events.v1", events_set, events_database, "--estimated-rows", "5") as service:
        service.database.reset_statements()
        with pytest.raises(Failure) as failed:
            service.call("EventService/ListEvents", ["attendees.organization.name"], page_size=1000)
        assert (failed.value.code.name, failed.value.reason) == ("INVALID_ARGUMENT", "REQUEST_TOO_COMPLEX")
        assert failed.value.metadata["setting"] == "estimated-rows"
        assert service.database.statement_count() == 0
        assert service.call("EventService/GetEvent", ["id"], id=1) == {"id": 1}


def test_a_request_over_the_receive_limit_is_too_much(cases, states):
    with refused(cases, states, "RESOURCE_EXHAUSTED"):
        cases.call(BOOKS, filter="x" * 2000000)


@pytest.mark.parametrize("algorithm", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_compressed_bomb_is_too_much(cases, states, algorithm):
    method = "/" + cases.path("Library/GetBook")
    bomb = b"\x08\x01" + delimited(15, bytes(100 << 20))
    with refused(cases, states, "RESOURCE_EXHAUSTED"):
        try:
            cases.client.channel.unary_unary(method)(bomb, timeout=60, compression=algorithm)
        except grpc.RpcError as error:
            raise Failure(error) from None


def test_nesting_in_an_unknown_field_is_skipped_without_descending(cases, states):
    data = nested(20000, 15, 15)
    cases.client.raw("/" + cases.path("Library/GetBook"), b"\x08\x01" + data)
    expect_the_next_call(cases, states)


def test_unknown_fields_are_skipped(cases):
    answer = cases.client.raw("/" + cases.path("Library/GetBook"), b"\x08\x01\xa2\x06\x03abc\x12\x04\x0a\x02id")
    assert answer == b"\x08\x01"


# ---- methods


@pytest.mark.parametrize("path", [
    "/cases.v1.Library/Nothing", "/cases.v1.Library/getbook", "/cases.v1.Library/GetBook/", "/cases.v1.Library/GetBook ",
    "/cases.v1.LIBRARY/GetBook", "/no.Service/Get", "/x", "/", "//GetBook", "/cases.v1.Library%2FGetBook",
    "/cases.v1.Library/../Library/GetBook", "/" + "x" * 4000,
])
def test_a_path_that_is_no_method_is_unimplemented_at_once(cases, states, path):
    with refused(cases, states, "UNIMPLEMENTED"):
        cases.client.raw(path, timeout=5)


# ---- HTTP/2 by hand: what gRPC clients do not send

DATA, HEADERS, RST_STREAM, SETTINGS, PING = 0, 1, 3, 4, 6
END_STREAM, END_HEADERS, ACK = 1, 4, 1


class Connection:
    """One HTTP/2 connection; headers go out as literals, and none that comes in is read."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=20)
        self.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.frame(SETTINGS, 0, 0))
        self.rest = b""

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload

    def call(self, stream, path, body, extra=()):
        def text(value):
            return bytes([len(value)]) + value.encode()

        headers = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
                   ("content-type", "application/grpc"), ("te", "trailers"), *extra]
        block = b"".join(b"\0" + text(name) + text(value) for name, value in headers)
        self.socket.sendall(self.frame(HEADERS, END_HEADERS, stream, block)
                            + self.frame(DATA, END_STREAM, stream, body))

    def _read(self, size):
        while len(self.rest) < size:
            piece = self.socket.recv(65536)
            assert piece, "the server closed the connection"
            self.rest += piece
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece

    def answer(self, stream):
        """What the stream carried until it ended: its data, and whether it was reset."""
        data = b""
        while True:
            head = self._read(9)
            kind, flags, of = head[3], head[4], struct.unpack(">I", head[5:])[0]
            payload = self._read(struct.unpack(">I", b"\0" + head[:3])[0])
            if kind in (SETTINGS, PING) and not flags & ACK:
                self.socket.sendall(self.frame(kind, ACK, 0, payload if kind == PING else b""))
            if of == stream and kind == DATA:
                data += payload
            if of == stream and (kind == RST_STREAM or flags & END_STREAM and kind in (DATA, HEADERS)):
                return data, kind == RST_STREAM

    def close(self):
        self.socket.close()


def message(data, compressed=0):
    return struct.pack(">BI", compressed, len(data)) + data


GOOD = message(b"\x08\x01\x12\x04\x0a\x02id")


@pytest.mark.parametrize("body, extra", [
    (b"", ()),                                                       # no message at all
    (b"\0\0\0", ()),                                                 # half of its head
    (message(b"\x08\x01")[:-1], ()),                                 # less than its head says
    (struct.pack(">BI", 0, 4294967295) + b"\x08\x01", ()),           # far less
    (message(b"\x08\x01") * 2, ()),                                  # two for a method that takes one
    (b"\xff" + message(b"\x08\x01")[1:], ()),                        # a flag that is none
    (message(b"\x1f\x8b nonsense", 1), (("grpc-encoding", "gzip"),)),  # what cannot be unpacked
    (message(b"\x08\x01", 1), ()),                                   # packed, it does not say how
    (message(b"\x08\x01", 1), (("grpc-encoding", "rot13"),)),        # packed in no known way
    (GOOD, (("grpc-timeout", "soon"),)),
    (GOOD, (("grpc-timeout", "-1S"),)),
    (GOOD, (("rowan-read-mask", "\x7f;--"),)),
], ids=range(12))
def test_what_no_client_sends_leaves_the_connection_to_the_next_call(cases, body, extra):
    connection = Connection(cases.server.address)
    path = "/" + cases.path("Library/GetBook")
    connection.call(1, path, body, extra)
    connection.answer(1)
    connection.call(3, path, GOOD)
    assert connection.answer(3) == (message(b"\x08\x01"), False)
    connection.close()

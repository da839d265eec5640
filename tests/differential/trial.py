"""A world served, and requests held against the evaluator.

Each world is served by several processes, one for each way to pin the planner's strategies; they share the key of page
tokens, so a walk may go on at another one.  Whatever differs is a Difference.
"""

import pathlib
import random
import re

import grpc

import language
import masks
import nested
import render
from conditions import Conditions
from differences import Difference, differ, first_difference
from evaluate import Evaluator, TooLarge, load
from features import STRATEGIES
from kinds import KINDS
from masks import selection_of
from model import All, Not, Request
from support.client import Client, Failure
from support.descriptors import Descriptors, compile_protos, plain
from support.server import Server

PINS = [("auto", "auto"), ("join", "embed"), ("keys", "keys"), ("keys", "ordinal")]
FLAGS = ["--token-keys", "5a" * 32, "--max-result-bytes", "100000000", "--max-run-bytes", "1000000000", "--estimated-rows",
         "1000000000000", "--strict"]


class Answer:
    """What one process gave to one call."""

    def __init__(self, body, trailers):
        self.body, self.trailers = body, trailers

    def statements(self):
        stats = dict(part.split("=") for part in self.trailers["rowan-stats"].split())
        return int(stats["statements"])


class Trial:
    """`with Trial(cluster, folder, world) as trial:` creates the database, starts the processes."""

    def __init__(self, cluster, folder, world, pins=PINS):
        self.cluster, self.world, self.pins = cluster, world, pins
        self.folder = pathlib.Path(folder)
        (self.folder / "schema.sql").write_text(render.sql(world))
        (self.folder / "oracle.proto").write_text(render.proto(world))
        self.descriptor_set = compile_protos(self.folder / "oracle.binpb", self.folder, ["oracle.proto"])
        self.descriptors = Descriptors(self.descriptor_set)
        self.database = cluster.create(self.folder / "schema.sql")
        self.servers, self.clients, self.asked = [], [], []
        try:
            self._start()
        except BaseException:
            self.stop(clean=False)
            raise

    def _start(self):
        self.data = load(self.database, self.world)
        self.evaluator = Evaluator(self.world, self.data)
        for to_one, to_many in self.pins:
            self.servers.append(Server(self.descriptor_set, self.database.conninfo(), *FLAGS, "--pin-to-one", to_one,
                                       "--pin-to-many", to_many, wait=False))
        for server in self.servers:
            server.wait_until_serving(60)
            self.clients.append(Client(server.address, self.descriptors,
                                       options=[("grpc.use_local_subchannel_pool", 1)]))

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop(clean=kind is None)

    def stop(self, clean=True):
        for client in self.clients:
            client.close()
        try:
            for server in self.servers:
                server.terminate() if server.process.poll() is None else None
            for server in self.servers:
                server.stop() if clean else server.__exit__(Exception)
        finally:
            self.cluster.admin.run(f"DROP DATABASE {self.database.name} WITH (FORCE)")

    def see_strategies(self, coverage):
        """Counts the strategies whose statements Postgres saw from Rowan here."""
        texts = [query for _, query in self.database.statements()]
        coverage.update({name: sum(bool(re.search(mark, text)) for text in texts)
                         for name, mark in STRATEGIES.items()})

    # ---- one request ----

    def check(self, request, coverage, rng):
        """False when the answer would be too large to be worth it."""
        resource = self.world.resources[request.resource]
        selection = selection_of(self.world, request)
        if self.count_relations(resource, selection) > 45:
            return False
        try:
            expected = self.evaluator.answer(request)
        except TooLarge:
            return False
        coverage.see_request(self.world, request, selection)
        self.see_evaluated(coverage)
        if request.method in ("Get", "BatchGet"):
            self.check_keys(request, expected, selection, coverage, rng)
        elif request.method == "List":
            self.check_walk(request, expected, selection, coverage, rng)
            self.check_partition(request, coverage, rng)
            nested.check_parents(self, request, coverage, rng)
        else:
            self.check_stream(request, expected, coverage, rng)
        self.see_has_more(resource, selection, expected or [], coverage)
        if rng.random() < 0.2:
            self.check_projection(request, coverage, rng)
        return True

    def see_has_more(self, resource, selection, messages, coverage):
        for name in selection:
            if resource.field(name).role == "has_more" and messages:
                more = [message.get(name, False) for message in messages]
                coverage["has_more true"] += any(more)
                coverage["has_more false"] += not all(more)

    def see_evaluated(self, coverage):
        for name in ("circle", "cut by depth", "two members"):
            coverage[name] += self.evaluator.seen[name] > 0
        self.evaluator.seen.clear()

    def count_relations(self, resource, selection):
        """How many relations are fetched; the levels of one that recurs are one."""
        return len(list(masks.relations(self.world, resource, selection)))

    def check_keys(self, request, expected, selection, coverage, rng):
        if expected is None:
            coverage["key without a row"] += 1
            for i, outcome in enumerate(self.ask(request)):
                code = outcome.code.name if isinstance(outcome, Failure) else "OK"
                differ(code != "NOT_FOUND", f"code {code}", f"a key without a row gave {outcome} {self.pins[i]}")
            return
        answer = self.agreed(request, selection)
        got = plain(self.read(request, answer))
        got = [got] if request.method == "Get" else got.get("items", [])
        self.same(expected, got, request)
        nested.check_pages(self, request, expected, got, coverage, rng)

    def page_limit(self, request):
        resource = self.world.resources[request.resource]
        return min(request.page_size or resource.list_page_size or resource.page_size or 50, resource.max_page_size or 1000)

    def check_walk(self, request, expected, selection, coverage, rng):
        """All pages; the first one from all processes, each later one from any."""
        limit, token, seen, total = self.page_limit(request), "", 0, len(expected)
        expected = expected[request.skip:]
        coverage["one large page"] += len(expected) > 1 and limit >= len(expected)
        while True:
            page = expected[seen:seen + limit]
            if seen == 0 or rng.random() < 0.1:
                answer = self.agreed(request, selection, token)
            else:
                answer = self.only(self.ask(request, token, [rng.randrange(len(self.pins))]))
            message = self.read(request, answer)
            got = plain(message).get("items", [])
            self.same(page, got, request, f"rows {seen} to {seen + len(page)}")
            if self.world.resources[request.resource].counts:
                differ(message.total_size != total, "total_size", f"{message.total_size} of {total}")
            if seen == 0:
                nested.check_pages(self, request, page, got, coverage, rng)
            seen, token = seen + len(page), message.next_page_token
            differ(bool(token) != (seen < len(expected)), "end of pages",
                   f"after {seen} of {len(expected)} rows the token is {token!r}")
            if not token:
                return
            coverage["several pages"] += 1
            self.see_cut(request, seen, coverage)

    def see_cut(self, request, seen, coverage):
        """What kind of place a page ended at."""
        resource = self.world.resources[request.resource]
        order = request.order or resource.order
        rows = self.evaluator.roots(request)[request.skip:]
        before, after = ([self.evaluator._term(resource, path, row) for path, _ in order] for row in rows[seen - 1:seen + 1])
        coverage["cursor at NULL"] += any(null for null, _ in before)
        coverage["page cut in a tie"] += bool(order) and before == after

    def check_stream(self, request, expected, coverage, rng):
        answers = [self.stream(client, request) for client in self.clients]
        for i, messages in enumerate(answers):
            self.same(expected, [item for message in messages for item in plain(message).get("items", [])], request,
                      f"stream {self.pins[i]}")
            sizes = [len(message.items) for message in messages]
            differ(request.page_size and max(sizes, default=0) > request.page_size, "message size", f"messages hold {sizes}")
        self.check_resume(request, rng.choice(answers), expected, coverage, rng)

    def stream(self, client, request, token=""):
        """All messages of a stream."""
        try:
            return list(client.send(self.path(request), self.message(request, token), 60, self.metadata(request)))
        except Failure as error:
            raise failure(error) from None

    def check_resume(self, request, messages, expected, coverage, rng):
        if not messages:
            return
        n = rng.randrange(len(messages))
        token = messages[n].next_page_token
        if not token:
            return
        rest = self.stream(rng.choice(self.clients), request, token)
        seen = sum(len(message.items) for message in messages[:n + 1])
        self.same(expected[seen:], [item for message in rest for item in plain(message).get("items", [])], request,
                  f"resumed after {seen}")
        coverage["resumed stream"] += 1

    def check_crowd(self, coverage):
        """All that was asked one by one, at once: warm plans, shared connections, other neighbours."""
        for i in range(len(self.clients)):
            for start in range(0, len(self.asked), 200):
                calls = [(request, body, self.call(i, request)) for request, body in self.asked[start:start + 200]]
                for request, body, call in calls:
                    outcome = self.only([outcome_of(call)])
                    differ(self.comparable(request, outcome, selection_of(self.world, request)) != body, "bytes in a crowd",
                           f"{self.pins[i]} gave\n{plain(self.read(request, outcome))}\nfor {request}")
                    coverage["asked again at once"] += 1

    # ---- what must hold between requests ----

    def check_partition(self, request, coverage, rng):
        """p and NOT p partition the roots."""
        resource = self.world.resources[request.resource]
        if request.filter is None or rng.random() < 0.6:
            return
        keys = [field.name for field in resource.fields if field.role == "column" and field.column in resource.key]
        asked = Request("List", request.resource, keys, order=request.order, order_text=request.order_text, page_size=7)
        halves = []
        for condition in (request.filter, Not(All([request.filter]))):
            asked.filter, asked.filter_text = condition, language.filter_text(rng, condition)
            halves.append([tuple(item.items()) for item in self.walk(asked, rng)])
        asked.filter, asked.filter_text = None, ""
        whole = [tuple(item.items()) for item in self.walk(asked, rng)]
        differ([key for key in whole if key in halves[0]] != halves[0] or
               [key for key in whole if key not in halves[0]] != halves[1], "partition",
               f"{whole} is not parted by {request.filter_text} into {halves}")
        coverage["p and NOT p"] += 1

    def walk(self, request, rng):
        items, token = [], ""
        while True:
            page = self.read(request, self.only(self.ask(request, token, [rng.randrange(len(self.pins))])))
            items += plain(page).get("items", [])
            token = page.next_page_token
            if not token:
                return items

    def check_projection(self, request, coverage, rng):
        """A larger mask's answer, cut to the smaller mask, is the smaller mask's answer."""
        resource = self.world.resources[request.resource]
        if not request.mask:
            return
        selection = selection_of(self.world, request)
        relations = [field.name for field in resource.fields if field.role == "relation"]
        wider = Request(**{**vars(request), "mask": request.mask + ["*"] + relations[:3], "header": ""})
        if self.count_relations(resource, selection_of(self.world, wider)) > 45:
            return
        results = []
        for asked in (request, wider):
            if asked.method == "Stream":
                asked = Request(**{**vars(asked), "method": "List"})
            outcome = self.ask(asked, "", [rng.randrange(len(self.pins))])[0]
            if isinstance(outcome, Failure) and outcome.code.name == "NOT_FOUND":
                return
            message = plain(self.read(asked, self.only([outcome])))
            items = [message] if asked.method == "Get" else message.get("items", [])
            results.append([self.project(resource, nested.without_tokens(item), selection) for item in items])
        differ(repr(results[0]) != repr(results[1]), "projection", f"{results[0]}\nis not the projection of\n{results[1]}")
        coverage["projection"] += 1

    def project(self, resource, message, selection, again=""):
        """`again` is the relation whose level this is."""
        out, items = {}, dict(selection)
        if again:
            items[again] = selection
            items.update({field.name: None for field in resource.fields
                          if field.role in masks.OF_LISTS and field.path == again})
        for name, below in items.items():
            if name not in message or resource.field(name).oneof == "either":  # a wider mask may bring a later member
                continue
            out[name] = message[name]
            if below is not None:
                target, its = self.world.target(resource.field(name)), name if below.recurs else ""
                out[name] = ([self.project(target, item, below, its) for item in message[name]]
                             if isinstance(message[name], list) else self.project(target, message[name], below, its))
        return out

    # ---- calls ----

    def path(self, request):
        return f"oracle.v1.Oracle/{request.method}{request.resource}"

    def message(self, request, token=""):
        request_class, _, _ = self.descriptors.method(self.path(request))
        fields = {} if request.header else {"read_mask": {"paths": request.mask}}
        if request.method in ("Get", "BatchGet"):
            resource = self.world.resources[request.resource]
            names = [name for name, _ in render.key_fields(resource, request.by or resource.key)]
            keys = [dict(zip(names, values)) for values in request.keys]
            if request.method == "Get":
                fields.update(keys[0])
            elif len(names) > 1:
                fields["requests"] = keys
            else:
                fields[names[0] + "s"] = [values[0] for values in request.keys]
        else:
            fields.update(page_size=request.page_size, page_token=token, filter=request.filter_text,
                          order_by=request.order_text)
            if request.show_deleted:
                fields["show_deleted"] = True
            if request.skip and not token:
                fields["skip"] = request.skip
            for bound in self.world.resources[request.resource].bounds:
                values = [KINDS[bound.kind].wire(value, bound.proto) for value in request.bounds.get(bound.name, [])]
                if values:
                    fields[bound.name] = values if bound.repeated else values[0]
        message = request_class(**fields)
        for path, arguments in request.lists.items():  # a map of messages takes no dictionaries
            its = message.relation_arguments.get_or_create(path)
            its.filter, its.order_by, its.page_token = arguments.filter_text, arguments.order_text, arguments.page_token
            its.page_size, its.max_depth = arguments.page_size, arguments.max_depth
        return message

    def metadata(self, request):
        mask = []
        if request.header and request.mask:
            # Google's is relative to the response.
            prefix = "items." if request.header == "x-goog-fieldmask" and request.method != "Get" else ""
            mask = [(request.header, ",".join(prefix + path for path in request.mask))]
        return [("rowan-stats", "true"), *mask]

    def ask(self, request, token="", servers=None):
        """An Answer or a Failure of each process."""
        return [outcome_of(call) for call in
                [self.call(i, request, token) for i in (range(len(self.clients)) if servers is None else servers)]]

    def call(self, i, request, token=""):
        """A call under way at one process."""
        return self.clients[i].channel.unary_unary("/" + self.path(request)).future(
            self.message(request, token).SerializeToString(), timeout=60, metadata=self.metadata(request))

    def only(self, outcomes):
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                raise failure(outcome)
        return outcomes[0]

    def agreed(self, request, selection, token=""):
        """What all processes gave, which must be the same bytes but for tokens, within the bound on statements."""
        outcomes = self.ask(request, token)
        self.only(outcomes)
        resource = self.world.resources[request.resource]
        most = 1 + self.count_relations(resource, selection) + (resource.counts and request.method == "List")
        bodies = [self.comparable(request, outcome, selection) for outcome in outcomes]
        if not token:
            self.asked.append((request, bodies[0]))
        for i, outcome in enumerate(outcomes):
            differ(bodies[i] != bodies[0], "bytes", f"{self.pins[i]} gave\n{plain(self.read(request, outcome))}\nand "
                   f"{self.pins[0]} gave\n{plain(self.read(request, outcomes[0]))}")
            differ(outcome.statements() > most, "statements", f"{outcome.statements()} of {most} {self.pins[i]}")
        return outcomes[0]

    def comparable(self, request, outcome, selection):
        """An answer's bytes without what differs each time."""
        resource = self.world.resources[request.resource]
        names = [*selection, *(name for _, _, below in masks.relations(self.world, resource, selection) for name in below)]
        if not any(name.endswith(nested.TOKEN) for name in names):
            return without_token(request, outcome)
        message = self.read(request, outcome)
        nested.clear_tokens(message)
        return message.SerializeToString(deterministic=True)

    def read(self, request, answer):
        _, response_class, _ = self.descriptors.method(self.path(request))
        return response_class.FromString(answer.body)

    def same(self, expected, got, request, where=""):
        if expected == got:
            return
        raise Difference("tree", f"{where} expected\n{expected}\ngot\n{got}\n{first_difference(expected, got)}")


def failure(error):
    return Difference(f"code {error.code.name} {error.reason}", str(error))


def outcome_of(call):
    try:
        return Answer(call.result(), dict(call.trailing_metadata()))
    except grpc.RpcError as error:
        return Failure(error)


def without_token(request, outcome):
    """An answer's bytes; a list's without its next_page_token, field 2."""
    body, out, at = outcome.body, b"", 0
    if request.method != "List":
        return body
    while at < len(body):
        tag, start, length, shift = body[at], at, 0, 0
        at += 1
        while True:
            length |= (body[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if body[at - 1] < 0x80:
                break
        at += length if tag & 7 == 2 else 0
        if tag != 0x12:
            out += body[start:at]
    return out


def random_request(world, data, rng):
    """A request with its texts."""
    request = Conditions(world, rng, data).request()
    request.filter_text = language.filter_text(rng, request.filter)
    request.order_text = language.order_text(rng, request.order)
    for arguments in request.lists.values():
        arguments.filter_text = language.filter_text(rng, arguments.filter)
        arguments.order_text = language.order_text(rng, arguments.order)
    if request.filter_text and rng.random() < 0.05:
        request.filter_text = f" ({request.filter_text}) "
    return request


def seeded(seed, number):
    return random.Random(f"{seed}/{number}")

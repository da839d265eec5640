"""How a request is answered: the service and the command, planned alone and run."""

import json

import pytest
from google.protobuf import any_pb2, json_format

from support import server
from support.client import Client, Failure, contracts
from support.descriptors import TOP, Descriptors, plain
from support.service import Service

EXPLAIN = "rowan.v1.ExplainService/Explain"
DEMO = ["name", "creator", "attendees.name", "attendees.organization", "unaffiliated_attendees"]


class Explainer:
    def __init__(self, service, descriptor_set):
        self.service = service
        self.client = Client(service.server.address, Descriptors(descriptor_set))

    def __call__(self, method, mask=None, timeout=30, **fields):
        request = self.client.request(EXPLAIN, mask, **fields)
        request.method = method
        return plain(self.client.send(EXPLAIN, request, timeout))

    def whole(self, method, request, **fields):
        """Explains a request message as it would have been sent."""
        packed = any_pb2.Any()
        packed.Pack(request)
        return self(method, request={"type_url": packed.type_url, "value": packed.value}, **fields)

    def start(self, method, mask=None, **fields):
        request = self.client.request(EXPLAIN, mask, **fields)
        request.method = method
        _, response_class, _ = self.client.descriptors.method(EXPLAIN)
        return self.client.channel.unary_unary("/" + EXPLAIN, request_serializer=lambda r: r.SerializeToString(),
                                               response_deserializer=response_class.FromString).future(request, timeout=30)


@pytest.fixture(scope="module")
def contract(descriptor_sets):
    return descriptor_sets(TOP / "proto", "rowan/v1/explain.proto")


@pytest.fixture(scope="module")
def explain(events_set, events_database, contract):
    with Service("events.v1", events_set, events_database, "--explain", "--estimated-rows", "100000") as service:
        explainer = Explainer(service, contract)
        yield explainer
        explainer.client.close()


def run(events_set, events_database, *arguments):
    return server.run("explain", "--descriptor-set", events_set, "--database", events_database.conninfo(), *arguments)


def refused(explain, *arguments, **fields):
    with pytest.raises(Failure) as failed:
        explain(*arguments, **fields)
    return failed.value


# ---- the service ----

def test_a_plan_node_by_node(explain):
    answer = explain("events.v1.EventService/ListEvents", DEMO)
    assert [node.get("path", "") for node in answer["nodes"]][:5] == [
        "", "creator", "attendees", "attendees.organization", "unaffiliated_attendees"]
    nodes = {node.get("path", ""): node for node in answer["nodes"]}
    assert nodes["unaffiliated_attendees"]["statement"] == nodes["attendees"]["statement"] == 1
    assert nodes["attendees.organization"]["statement"] == 2
    assert all(node["how"] and node["reason"] for node in answer["nodes"])
    assert [s.get("number", 0) for s in answer["statements"]] == [0, 1, 2]
    assert [s.get("wave", 0) for s in answer["statements"]] == [0, 0, 1] and answer["waves"] == 2
    assert all(s["sql"].startswith("SELECT") and s["estimated_rows"] > 0 for s in answer["statements"])
    assert not any("run" in s for s in answer["statements"])
    assert answer["estimated_rows"] > 50


def test_what_is_planned_is_what_runs(explain):
    events = explain.service
    sql = {s["sql"] for s in explain("ListEvents", DEMO)["statements"]}
    events.database.reset_statements()
    events.call("EventService/ListEvents", DEMO)
    ran = [query for _, query in events.database.statements()]
    assert len(ran) == len(sql)
    assert {query.split()[1] for query in ran} == {text.split()[1] for text in sql}


def test_analyze_runs_it_and_shows_what_postgres_did(explain):
    answer = explain("ListEvents", DEMO, analyze=True, page_size=20)
    runs = [s["run"] for s in answer["statements"]]
    assert runs[0]["rows"] == 21, "one more, to learn whether there is another page"
    page = explain.service.call("EventService/ListEvents", DEMO, page_size=20)["events"]
    assert runs[1]["rows"] == sum(len(event.get("attendees", [])) for event in page)
    for ran in runs:
        assert ran["milliseconds"] > 0
        assert "actual time" in ran["plan"] and "Buffers" in ran["plan"]
    assert "→ 21" in answer["text"]


def test_the_plan_is_that_of_the_prepared_statement(explain):
    """A generic plan speaks of $1; a custom one, which a filter gets, of the value."""
    generic = explain("GetEvent", ["name"], keys=["7"], analyze=True)["statements"][0]["run"]["plan"]
    assert "$1" in generic
    custom = explain("ListEvents", ["name"], filter='name = "it\'s"', analyze=True)["statements"][0]["run"]["plan"]
    assert "'it''s'" in custom


@pytest.mark.parametrize("method, keys, rows", [
    ("GetEvent", ["7"], 1),
    ("GetEvent", ["999999"], 0),
    ("GetUser", ["user7"], 1),
    ("GetUser", ["7"], 1),
    ("BatchGetEvents", ["7", "9", "7"], 2),
])
def test_keys(explain, method, keys, rows):
    answer = explain(method, keys=keys, analyze=True)
    assert answer["statements"][0]["run"].get("rows", 0) == rows


def test_a_statement_without_keys_is_not_run(explain):
    answer = explain("GetEvent", ["attendees.organization.attendees.name"], keys=["999999"], analyze=True)
    assert [("run" in s) for s in answer["statements"]][0]
    assert not all("run" in s for s in answer["statements"])
    assert "not sent" in answer["text"]


def test_arguments_of_nested_lists(explain):
    answer = explain("GetEvent", ["attendees.name"], keys=["7"], analyze=True,
                     relation_arguments={"attendees": {"page_size": 2, "order_by": "name desc"}})
    assert "2 each" in answer["text"]
    assert answer["statements"][1]["run"]["rows"] == 3


# ---- a whole request ----

def events_request(explain, method, mask=None, **fields):
    service = "UserService" if "User" in method else "EventService"
    return explain.service.client.request(f"events.v1.{service}/{method}", mask, **fields)


def test_a_whole_request_is_what_a_client_sends(explain):
    """Equality fields, which the short form has no words for, and nested arguments."""
    asked = {"creator_id": 7, "name": "Winter Data Meetup 2", "page_size": 3, "order_by": "event_date desc",
             "relation_arguments": {"attendees": {"page_size": 2}}}
    request = events_request(explain, "ListEvents", ["name", "attendees.name"], **asked)
    answer = explain.whole("ListEvents", request, analyze=True)
    events = explain.service.call("EventService/ListEvents", ["name", "attendees.name"], **asked).get("events", [])
    assert answer["statements"][0]["run"].get("rows", 0) == len(events)
    assert '"creator_id" = $' in answer["statements"][0]["sql"] and '"name" = $' in answer["statements"][0]["sql"]
    assert "2 each" in answer["text"]


def test_a_page_token_of_this_server_goes_on(explain):
    first = explain.service.call("EventService/ListEvents", ["id"], page_size=5, order_by="name desc")
    request = events_request(explain, "ListEvents", ["id"], page_size=5, order_by="name desc",
                             page_token=first["next_page_token"])
    answer = explain.whole("ListEvents", request, analyze=True)
    assert answer["statements"][0]["run"]["rows"] == 6
    assert "$1" in answer["statements"][0]["sql"] and "<" in answer["statements"][0]["sql"]
    request.order_by = "name"
    assert explain_refusal(explain, "ListEvents", request).reason == "INVALID_PAGE_TOKEN"


def explain_refusal(explain, method, request, **fields):
    with pytest.raises(Failure) as failed:
        explain.whole(method, request, **fields)
    return failed.value


def test_keys_of_a_whole_request(explain):
    request = events_request(explain, "GetUser", ["id"], username="user7")
    assert explain.whole("GetUser", request, analyze=True)["statements"][0]["run"]["rows"] == 1
    request = events_request(explain, "BatchGetEvents", ["id"], ids=[7, 9, 7])
    assert explain.whole("BatchGetEvents", request, analyze=True)["statements"][0]["run"]["rows"] == 2


def test_texts_beside_a_whole_request(explain):
    request = events_request(explain, "ListEvents", creator_id=7)
    answer = explain.whole("ListEvents", request, filter='name = "x"', page_size=3)
    assert '"creator_id" = $' in answer["statements"][0]["sql"] and '"name" = $' in answer["statements"][0]["sql"]


@pytest.mark.parametrize("method, fields, beside, field, said", [
    ("ListEvents", {"filter": "id = 1"}, {"filter": "id = 2"}, "filter", "set in the request already"),
    ("ListEvents", {"page_size": 3}, {"page_size": 3}, "page_size", "set in the request already"),
    ("GetEvent", {"id": 1}, {"keys": ["1"]}, "keys", "has keys already"),
    ("ListEvents", {"filter": "nam = 1"}, {}, "filter", "did you mean name?"),
    ("GetEvent", {"id": 1}, {"method": "ListEvents"}, "request",
     "events.v1.EventService/ListEvents takes a events.v1.ListEventsRequest, not a events.v1.GetEventRequest"),
])
def test_what_is_wrong_with_a_whole_request(explain, method, fields, beside, field, said):
    beside = dict(beside)
    failure = explain_refusal(explain, beside.pop("method", method), events_request(explain, method, **fields), **beside)
    assert failure.code.name == "INVALID_ARGUMENT" and said in failure.message, failure
    assert failure.violations[0][0] == field


def test_bytes_that_are_no_request(explain):
    failure = refused(explain, "ListEvents",
                      request={"type_url": "x/events.v1.ListEventsRequest", "value": b"\x0a\xff"})
    assert (failure.code.name, failure.reason) == ("INVALID_ARGUMENT", "MALFORMED_REQUEST")
    assert refused(explain, "ListEvents", request={"type_url": "events.v1.Nope"}).reason == "INVALID_EXPLAIN"


@pytest.mark.parametrize("method, fields, code, reason", [
    ("GetEvents", {}, "NOT_FOUND", "UNKNOWN_METHOD"),
    ("", {}, "NOT_FOUND", "UNKNOWN_METHOD"),
    ("ListEvents", {"mask": ["nam"]}, "INVALID_ARGUMENT", "INVALID_MASK"),
    ("ListEvents", {"filter": "nam = 1"}, "INVALID_ARGUMENT", "INVALID_FILTER"),
    ("ListEvents", {"order_by": "nam"}, "INVALID_ARGUMENT", "INVALID_ORDER"),
    ("ListEvents", {"page_size": -1}, "INVALID_ARGUMENT", "INVALID_PAGE_SIZE"),
    ("ListEvents", {"keys": ["1"]}, "INVALID_ARGUMENT", "INVALID_EXPLAIN"),
    ("GetEvent", {"filter": "id = 1"}, "INVALID_ARGUMENT", "INVALID_EXPLAIN"),
    ("GetEvent", {"keys": ["seven"]}, "INVALID_ARGUMENT", "INVALID_KEY"),
    ("GetEvent", {"keys": ["1", "2"]}, "INVALID_ARGUMENT", "INVALID_KEY"),
    ("GetUser", {"analyze": True}, "INVALID_ARGUMENT", "INVALID_KEY"),
])
def test_what_is_wrong_is_told_as_to_a_client(explain, method, fields, code, reason):
    failure = refused(explain, method, **fields)
    assert (failure.code.name, failure.reason) == (code, reason)
    assert explain("GetEvent", ["id"])["nodes"], "the connection is unharmed"


def test_a_request_over_the_limit_is_shown_but_not_run(events_set, events_database, contract):
    with Service("events.v1", events_set, events_database, "--explain", "--estimated-rows", "60") as service:
        explain = Explainer(service, contract)
        assert explain("ListEvents", ["attendees.name"])["estimated_rows"] > 60
        assert refused(explain, "ListEvents", ["attendees.name"], analyze=True).reason == "REQUEST_TOO_COMPLEX"
        explain.client.close()


def test_it_is_off_unless_it_was_asked_for(events, contract):
    explain = Explainer(events, contract)
    failure = refused(explain, "ListEvents")
    assert failure.code.name == "UNIMPLEMENTED"
    explain.client.close()


def test_reflection_lists_it_where_it_is_on(events, explain):
    def services(client):
        request, response = (contracts().message(f"grpc.reflection.v1.ServerReflection{kind}")
                             for kind in ("Request", "Response"))
        call = client.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                            request_serializer=request.SerializeToString,
                                            response_deserializer=response.FromString)
        answer, = call(iter([request(list_services="")]), timeout=10)
        return {service.name for service in answer.list_services_response.service}

    assert services(explain.client) - services(events.client) == {"rowan.v1.ExplainService"}


def test_a_client_that_goes_away_stops_it(explain):
    """And nobody else waits for it."""
    database = explain.service.database
    with database.locked("attendees"):
        assert refused(explain, "ListEvents", ["attendees.name"], analyze=True, timeout=1).code.name == "DEADLINE_EXCEEDED"
        database.wait_until_idle()
        assert explain("ListEvents", ["name"], analyze=True, timeout=5)["statements"][0]["run"]["rows"] == 51


def test_a_server_that_ends_stops_it(events_set, events_database, contract):
    with Service("events.v1", events_set, events_database, "--explain", "--drain-grace", "100") as service:
        explain = Explainer(service, contract)
        with events_database.locked("attendees"):
            calls = [explain.start("ListEvents", ["attendees.name"], analyze=True) for _ in range(3)]
            server.eventually(events_database.active)
            service.server.terminate()
            assert service.server.wait(20) == 0
        assert all(call.exception() for call in calls)
        explain.client.close()


def test_few_wait_to_be_analyzed(explain):
    with explain.service.database.locked("attendees"):
        calls = [explain.start("ListEvents", ["attendees.name"], analyze=True) for _ in range(20)]
        server.eventually(lambda: sum(call.done() for call in calls) >= 11)
    codes = [call.code().name for call in calls]
    assert codes.count("OK") in (8, 9), "eight may wait for the one under way"
    assert codes.count("RESOURCE_EXHAUSTED") == 20 - codes.count("OK"), codes


# ---- the command ----

def test_the_command_shows_the_tree(events_set, events_database):
    done = run(events_set, events_database, "ListEvents", "--read-mask", ",".join(DEMO))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("3 statements in 2 waves")
    assert max(len(line) for line in done.stdout.splitlines()) < 120
    assert "└─ unaffiliated_attendees" in done.stdout and "real" not in done.stdout


def test_the_command_runs_it(events_set, events_database):
    done = run(events_set, events_database, "BatchGetEvents", "--analyze", "--key", "7", "--key", "9",
               "--read-mask", ",".join(DEMO))
    assert done.returncode == 0, done.stderr
    assert "→ 2 " in done.stdout and "Execution Time" in done.stdout


@pytest.mark.parametrize("arguments, said", [
    (("GetEvent", "--analyze", "--key", "seven"), "no key of events.v1.EventService/GetEvent takes these values"),
    (("GetUser", "--analyze"), "exactly one of id, username must be set"),
    (("GetEvents",), "did you mean GetEvent?"),
    (("ListEvents", "--analyze", "--estimated-rows", "10"), "more than 10"),
])
def test_the_command_says_what_is_wrong(events_set, events_database, arguments, said):
    done = run(events_set, events_database, *arguments)
    assert done.returncode == 1 and said in done.stderr, done.stderr


# What protobuf's own printer makes of a message is what the command reads, in either spelling of the names.
@pytest.mark.parametrize("spelled", [True, False])
def test_the_command_takes_a_whole_request(explain, events_set, events_database, spelled):
    request = events_request(explain, "ListEvents", ["name", "attendees.name"], creator_id=7, page_size=3,
                             relation_arguments={"attendees": {"page_size": 2, "order_by": "name desc"}})
    done = run(events_set, events_database, "ListEvents", "--analyze", "--request",
               json_format.MessageToJson(request, preserving_proto_field_name=spelled))
    assert done.returncode == 0, done.stderr
    assert '"creator_id" = $' in done.stdout and "2 each" in done.stdout
    assert " → " in done.stdout


def test_the_command_skips_and_goes_on(cases, cases_set, cases_database):
    key = "0123456789abcdef" * 4
    with Service("cases.v1", cases_set, cases_database, "--token-keys", key) as service:
        token = service.call("Lists/ListItems", ["id"], page_size=2)["next_page_token"]

    def explained(**request):
        return run(cases_set, cases_database, "ListItems", "--read-mask", "id", "--analyze", "--token-keys", key,
                   "--request", json.dumps(request))
    skipped = explained(skip=1, page_size=2)
    assert skipped.returncode == 0 and "OFFSET" in skipped.stdout, skipped.stderr
    after = explained(page_token=token, page_size=2)
    assert after.returncode == 0 and '(t0."id") > ($1' in after.stdout, after.stdout + after.stderr
    bad = explained(page_token=token[:-2] + "AA", page_size=2)
    assert bad.returncode == 1 and "the page token is not valid" in bad.stderr


@pytest.mark.parametrize("request_text, said", [
    ('{"page_siz": 3}', 'request: ListEventsRequest has no field "page_siz"; did you mean "page_size"?'),
    ('{"relation_arguments": {"attendees": {"ordr_by": ""}}}',
     'relation_arguments.attendees: RelationArguments has no field "ordr_by"; did you mean "order_by"?'),
    ('{"page_size": 3', "request: no JSON: "),
    ('{"filter": "nam = 1"}', "filter: character 1: Event has no field nam; did you mean name?"),
    ('{"read_mask": "name"}', "read_mask: read_mask is set in the request already"),
])
def test_the_command_says_what_is_wrong_with_a_request(events_set, events_database, request_text, said):
    done = run(events_set, events_database, "ListEvents", "--read-mask", "id", "--request", request_text)
    assert done.returncode == 1 and said in done.stderr, done.stderr

"""Callers thrown together: what one was given is of no use to another, and those who wait together get each their own."""

import threading

import pytest

from support import server
from support.callers import EVERYTHING, HEADER, SUB, Caller, projects_of, tenant, tenant_of
from support.descriptors import plain
from support.service import Service

# ---- page tokens ----

INVALID = "the page token is not valid for this request; begin again without one"


def refused_token(caller, method, mask, **fields):
    failure = caller.refused(method, mask, **fields)
    assert (failure.code.name, failure.reason, failure.message) == ("INVALID_ARGUMENT", "INVALID_PAGE_TOKEN", INVALID)


@pytest.mark.parametrize("method, mask", [
    ("ListProjects", ["id"]), ("ListTenants", ["id"]), ("ListTasks", ["id", "project.id"]), ("ListCleared", ["id"]),
])
def test_a_token_is_one_caller_s(tenants, method, mask):
    """Also where only what may lie below is told apart: the mask may change from page to page."""
    fields = {"page_size": 1}
    token = Caller(tenants, EVERYTHING)(method, mask, **fields)["next_page_token"]
    assert Caller(tenants, EVERYTHING)(method, mask, page_token=token, **fields)
    changed = "clearance" if method == "ListCleared" else "tenant_id"
    for value in (2 if changed == "tenant_id" else 3, [1, 2] if changed == "tenant_id" else 1):
        refused_token(Caller(tenants, {**EVERYTHING, changed: value}), method, mask, page_token=token, **fields)
    refused_token(Caller(tenants, EVERYTHING), method, mask, page_token=token[:-2] + "AA", **fields)


def test_a_token_does_not_ask_for_what_cannot_matter(tenants):
    token = Caller(tenants, {"clearance": 2, "tenant_id": 1})("ListCleared", ["id"], page_size=1)["next_page_token"]
    assert Caller(tenants, {"clearance": "2", "tenant_id": 9, "exp": 5})("ListCleared", ["id"], page_token=token)
    token = Caller(tenants, None)("ListCountries", ["id"], page_size=1)["next_page_token"]
    assert Caller(tenants, EVERYTHING)("ListCountries", ["id"], page_token=token)


def test_a_stream_s_token_is_one_caller_s(tenants):
    first = tenant(tenants, 1)("StreamProjects", ["id"], page_size=5)[0]
    rest = tenant(tenants, 1)("StreamProjects", ["id"], page_size=50, page_token=first["next_page_token"])
    assert [p["id"] for message in rest for p in message["projects"]] == projects_of(1)[5:]
    refused_token(tenant(tenants, 2), "StreamProjects", ["id"], page_token=first["next_page_token"])


def test_a_nested_token_is_one_caller_s(tenants):
    lists = {"projects": {"page_size": 2}}
    listed = tenant(tenants, 1)("ListTenants", ["projects.id"], relation_arguments=lists)["tenants"][0]
    token = listed["projects_next_page_token"]
    going_on = {"projects": {"page_size": 2, "page_token": token}}
    answer = tenant(tenants, 1)("GetTenant", ["projects.id"], id=1, relation_arguments=going_on)
    assert [p["id"] for p in answer["projects"]] == projects_of(1)[2:4]
    refused_token(tenant(tenants, 2), "GetTenant", ["projects.id"], id=1, relation_arguments=going_on)
    refused_token(tenant(tenants, 1, 2), "GetTenant", ["projects.id"], id=1, relation_arguments=going_on)


# ---- together with others ----

def get(service, caller, id, mask=("id", "tasks.project.id")):
    method = "tenants.v1.Tenants/GetProject"
    request_class, response_class, _ = service.client.descriptors.method(method)
    stub = service.client.channel.unary_unary("/" + method, request_serializer=request_class.SerializeToString,
                                              response_deserializer=response_class.FromString)
    return stub.future(service.client.request(method, list(mask), id=id), timeout=30,
                       metadata=[*caller.metadata, ("rowan-stats", "true")])


def statistics(call):
    return {name: int(value) for name, value in
            (part.split("=") for part in dict(call.trailing_metadata())["rowan-stats"].split())}


@pytest.fixture(scope="module")
def crowded(tenants_set, tenants_database):
    """One connection, busy with one run: whoever comes second waits."""
    with Service("tenants.v1", tenants_set, tenants_database, "--claims-header", HEADER, "--connections", "1",
                 "--round-trip", "0", "--access-log", "1") as service:
        yield service


def test_only_equals_are_grouped(crowded):
    """While the table is locked two tenants' Gets pile up, for all projects from either; each gets its own alone."""
    for who in (1, 2):
        tenant(crowded, who)("GetProject", ["id", "tasks.project.id"], id=projects_of(who)[0])
    with crowded.database.locked("projects"):
        calls = [(who, project, get(crowded, tenant(crowded, who), project))
                 for project in range(1, 31) for who in (1, 2)]
        server.eventually(crowded.database.active)
    sizes = {1: 0, 2: 0}
    for who, project, call in calls:
        if tenant_of(project) == who:
            answer = plain(call.result())
            assert answer["id"] == project and all(t["project"] == {"id": project} for t in answer.get("tasks", []))
            sizes[who] = max(sizes[who], statistics(call)["group"])
        else:
            assert call.exception().code().name == "NOT_FOUND"
    assert min(sizes.values()) > 1, f"each tenant's met its like: {sizes}"


def leave_a_group(crowded, caller, ids):
    """Eight wait for a connection, and four of them leave while the others' second wave waits for a table.  Those who stay."""
    mask = ["id", "tasks.project.tasks.project.id"]
    cancelled = len(cancels(crowded))
    with crowded.database.locked("tasks"):
        with crowded.database.locked("projects"):
            first = get(crowded, caller, ids[0], ["id"])
            server.eventually(crowded.database.active)
            calls = [get(crowded, caller, project, mask) for project in ids]
        first.result()
        server.eventually(crowded.database.active)  # the first wave, which waits for tasks
        for call in calls[:4]:
            call.cancel()
        server.eventually(lambda: len(cancels(crowded)) == cancelled + 4)
    return calls[4:]


def cancels(service):
    return [entry for entry in service.server.entries("call") if entry["code"] == "CANCELLED"]


def test_a_group_keeps_its_claims_when_members_leave(crowded):
    """Those whose claims came first are gone when the later waves are bound; the tenant is the same.

    Nobody sees when a call arrives, so it is tried until one who left and one who stayed came in time for the same group.
    """
    caller = tenant(crowded, 1)
    mine = projects_of(1)[:8]
    alone = [get(crowded, caller, project, ["id", "tasks.project.tasks.project.id"]).result() for project in mine]
    for _ in range(50):
        stayed = leave_a_group(crowded, caller, mine)
        assert [call.result() for call in stayed] == alone[4:]
        if max(statistics(call)["group"] for call in stayed) > 4:
            return
    pytest.fail("they never met")


def test_under_load_everybody_sees_their_own(crowded):
    """Eight callers of three tenants at once, by Get, BatchGet and List; not one answer holds another's row."""
    faults, counted = [], []

    def work(who, rounds):
        client = crowded.another_client()
        caller = Caller(Service.__new__(Service), {"tenant_id": who, "sub": SUB + "1"})
        caller.service.package, caller.service.client = "tenants.v1", client
        own = projects_of(who)
        try:
            for i in range(rounds):
                project = 1 + (i * 7 + who) % 120
                if project in own:
                    answer = caller("GetProject", ["id", "parent.id", "tasks.project.id"], id=project)
                    if answer["id"] != project or any(t["project"]["id"] not in own for t in answer.get("tasks", [])):
                        faults.append(answer)
                    if answer.get("parent", {}).get("id", own[0]) not in own:
                        faults.append(answer)
                elif caller.refused("GetProject", ["id", "parent.id", "tasks.project.id"], id=project).code.name != "NOT_FOUND":
                    faults.append(project)
                if i % 5 == 0:
                    batch = caller("BatchGetProjects", ["id"], ids=own[i % 20:i % 20 + 4])["projects"]
                    if [p["id"] for p in batch] != own[i % 20:i % 20 + 4]:
                        faults.append(batch)
                counted.append(1)
        except Exception as error:  # pylint: disable=broad-except
            faults.append(error)
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=(1 + n % 3, 60)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults, faults[:3]
    assert len(counted) == 8 * 60

"""Rows told apart by the caller's claims, whichever way leads to them; who is denied, and what Postgres saw of it."""

import base64
import json
import re

import pytest

from support import server
from support.callers import EVERYTHING, HEADER, SUB, Caller, encoded, project_of, projects_of, tenant, tenant_of
from support.client import Client, Failure
from support.descriptors import TOP, Descriptors, plain
from support.service import Service

PINS = [(one, many) for one in ("join", "keys") for many in ("embed", "keys", "ordinal")]


@pytest.fixture(scope="module", params=[None, *PINS], ids=lambda pin: "-".join(pin) if pin else "auto")
def pinned(request, tenants, tenants_set, tenants_database):
    if request.param is None:
        yield tenants
        return
    with Service("tenants.v1", tenants_set, tenants_database, "--claims-header", HEADER, "--pin-to-one", request.param[0],
                 "--pin-to-many", request.param[1]) as service:
        yield service


def unconditioned(queries):
    """Those that read projects anywhere without holding them against the tenant."""
    found = []
    for query in queries:
        for alias in re.findall(r'"projects" (\w+)', query):
            if not re.search(rf'\b{alias}\."tenant_id" (= |= ANY \()\$\d', query):
                found.append(query)
    return found


# ---- what is seen ----

@pytest.mark.parametrize("ids", [(1,), (2,), (1, 3), ()])
def test_a_tenant_sees_its_own(tenants, ids):
    caller = tenant(tenants, *ids) if ids else Caller(tenants, {"tenant_id": []})
    own = projects_of(*ids)
    assert caller.walk("ListProjects", "projects") == own
    assert caller("ListProjects", ["id"], page_size=1).get("total_size", 0) == len(own)
    streamed = caller("StreamProjects", ["id"], page_size=5)
    assert [project["id"] for message in streamed for project in message["projects"]] == own
    for project in (3, 4, 5):
        if project in own:
            assert caller("GetProject", ["id"], id=project) == {"id": project}
        else:
            assert caller.refused("GetProject", ["id"], id=project).code.name == "NOT_FOUND"


def test_a_batch_holds_one_s_own_alone(tenants):
    caller = tenant(tenants, 1)
    mine = projects_of(1)[:4]
    answer = caller("BatchGetProjects", ["id"], ids=mine + mine[:1])
    assert [project["id"] for project in answer["projects"]] == mine + mine[:1]
    failure = caller.refused("BatchGetProjects", ["id"], ids=[mine[0], projects_of(2)[0]])
    assert failure.code.name == "NOT_FOUND" and failure.violations[0][0] == "ids[1]"


@pytest.mark.parametrize("who", [1, 2])
def test_behind_a_list_a_count_and_a_reference(pinned, who):
    caller = tenant(pinned, who)
    own = projects_of(who)
    mask = ["id", "projects.id", "project_count", "has_projects", "last_project"]
    assert caller("ListTenants", mask)["tenants"] == [
        {"id": i, "projects": [{"id": p} for p in own], "project_count": len(own), "has_projects": True,
         "last_project": f"project {own[-1]:03}"} if i == who else {"id": i} for i in (1, 2, 3)]
    tasks = caller("ListTasks", ["id", "project.id", "project_name", "about.id"], page_size=200)["tasks"]
    assert len(tasks) == 200
    for task in tasks:
        project, subject = project_of(task["id"]), 1 + task["id"] * 7 % 120
        assert task.get("project") == ({"id": project} if project in own else None), task
        assert task.get("project_name") == (f"project {project:03}" if project in own else None), task
        assert task.get("about") == ({"id": subject} if subject in own else None), task


@pytest.mark.parametrize("who", [1, 2])
def test_deep_below_and_round_in_circles(pinned, who):
    """Project → parent → children → tasks → project: each step is filtered, not only the first."""
    caller = tenant(pinned, who)
    own = projects_of(who)
    mask = ["id", "parent.id", "parent.children.id", "children.id", "children.children.id", "tasks.project.id"]
    for project in caller("ListProjects", mask, page_size=100)["projects"]:
        parent = project["id"] // 2 if project["id"] > 10 else None
        assert project["id"] in own
        assert project.get("parent", {}).get("id") == (parent if parent in own else None)
        below = [p for p in own if p > 10 and p // 2 == project["id"]]
        assert [child["id"] for child in project.get("children", [])] == below
        for child in project.get("children", []):
            assert [c["id"] for c in child.get("children", [])] == [p for p in own if p > 10 and p // 2 == child["id"]]
        assert all(task["project"] == {"id": project["id"]} for task in project.get("tasks", []))


@pytest.mark.parametrize("filter_text, found", [
    ("exists(projects, (id > 0))", lambda tenant_, own: tenant_ in own),
    ("projects:*", lambda tenant_, own: tenant_ in own),
    ("NOT projects:*", lambda tenant_, own: tenant_ not in own),
    ('projects.name:"project 00*"', lambda tenant_, own: tenant_ in own),
    ("exists(projects, (tasks.title:\"task*\"))", lambda tenant_, own: tenant_ in own),
    ("project_count > 0", lambda tenant_, own: tenant_ in own),
    ("project_count = 0", lambda tenant_, own: tenant_ not in own),
    ('last_project:*', lambda tenant_, own: tenant_ in own),
])
@pytest.mark.parametrize("who", [(1,), (2,), (2, 3)])
def test_a_filter_asks_about_what_is_seen(tenants, who, filter_text, found):
    ids = [t["id"] for t in tenant(tenants, *who)("ListTenants", ["id"], filter=filter_text).get("tenants", [])]
    assert ids == [t for t in (1, 2, 3) if found(t, who)]


@pytest.mark.parametrize("who", [1, 2])
def test_a_filter_through_a_reference(tenants, who):
    caller = tenant(tenants, who)
    seen = [t for t in range(1, 601) if project_of(t) in projects_of(who)]
    assert caller.walk("ListTasks", "tasks", page_size=50, filter="project:*") == seen
    assert caller.walk("ListTasks", "tasks", page_size=50, filter='project_name = "project*"') == seen
    assert caller.walk("ListTasks", "tasks", page_size=50, filter="NOT project.id > 0") == [
        t for t in range(1, 601) if t not in seen]


@pytest.mark.parametrize("who", [1, 2])
def test_an_order_knows_only_what_is_seen(tenants, who):
    caller = tenant(tenants, who)
    own = projects_of(who)
    expected = sorted(range(1, 601), key=lambda t: (project_of(t) not in own, project_of(t) if project_of(t) in own else 0, t))
    assert caller.walk("ListTasks", "tasks", page_size=60, order_by="project.name") == expected


@pytest.mark.parametrize("who", [(1,), (2, 3)])
def test_an_order_by_a_count_of_what_is_seen(tenants, who):
    ids = tenant(tenants, *who).walk("ListTenants", "tenants", page_size=1, order_by="project_count desc, id desc")
    assert ids == sorted((1, 2, 3), key=lambda t: (t not in who, -t))


def test_rows_of_a_junction(tenants):
    first, second = (Caller(tenants, {"sub": SUB + str(i)})("GetTask", ["labels.id"], id=7)["labels"] for i in (1, 2))
    assert [label["id"] for label in first] == [3, 5] and [label["id"] for label in second] == [2, 4]


def test_an_estimate_is_of_one_s_own(tenants):
    answers = [tenant(tenants, *who)("EstimateProjects", ["id"], page_size=1)["total_size"] for who in ((1,), (1, 2))]
    assert 20 < answers[0] < 60 < answers[1] < 100


@pytest.mark.parametrize("clearance", [0, 2, 4])
def test_a_claim_as_a_bound(tenants, clearance):
    caller = Caller(tenants, {"clearance": clearance})
    assert caller.walk("ListCleared", "cleared", page_size=50) == [p for p in range(1, 121) if p % 5 <= clearance]


@pytest.mark.parametrize("groups, seen", [
    (["red"], lambda p: p % 2 == 0), (["red", "green"], lambda p: True), ("green", lambda p: p % 2 == 1),
    (["red", "blue"], lambda p: p % 2 == 0), ([], lambda p: False), (["Red", "x\"}, {'"], lambda p: False)])
def test_one_of_several_groups(tenants, groups, seen):
    caller = Caller(tenants, {"groups": groups})
    assert caller.walk("ListGrouped", "grouped", page_size=50) == [p for p in range(1, 121) if seen(p)]


def test_all_but_one_s_own(tenants):
    for who in ((1,), (1, 2)):
        assert tenant(tenants, *who).walk("ListForeign", "foreign", page_size=50) == [
            p for p in range(1, 121) if tenant_of(p) not in who]


# ---- who is denied ----

NEEDED = [
    ("ListProjects", ["id"], {}, "tenant_id"),
    ("StreamProjects", ["id"], {}, "tenant_id"),
    ("GetProject", ["id"], {"id": 3}, "tenant_id"),
    ("BatchGetProjects", ["id"], {"ids": [3]}, "tenant_id"),
    ("EstimateProjects", ["id"], {}, "tenant_id"),
    ("ListTenants", ["projects.id"], {}, "tenant_id"),
    ("ListTenants", ["project_count"], {}, "tenant_id"),
    ("ListTenants", ["has_projects"], {}, "tenant_id"),
    ("GetTenant", ["id", "last_project"], {"id": 1}, "tenant_id"),
    ("ListTenants", ["id"], {"filter": "projects:*"}, "tenant_id"),
    ("ListTenants", ["id"], {"filter": "NOT project_count = 5"}, "tenant_id"),
    ("ListTasks", ["project.id"], {}, "tenant_id"),
    ("ListTasks", ["project_name"], {}, "tenant_id"),
    ("ListTasks", ["about.id"], {}, "tenant_id"),
    ("ListTasks", ["id"], {"filter": "project:*"}, "tenant_id"),
    ("ListTasks", ["id"], {"order_by": "project.name"}, "tenant_id"),
    ("ListTenants", ["id"], {"order_by": "project_count desc"}, "tenant_id"),
    ("ListTenants", ["id"], {"order_by": "last_project"}, "tenant_id"),
    ("ListTasks", ["labels.id"], {}, "sub"),
    ("GetTask", ["labels.id"], {"id": 7}, "sub"),
    ("ListCleared", ["id"], {}, "clearance"),
    ("ListGrouped", ["id"], {}, "groups"),
]


@pytest.mark.parametrize("method, mask, fields, claim", NEEDED)
def test_a_missing_claim_is_denied_before_any_query(tenants, method, mask, fields, claim):
    others = {name: value for name, value in EVERYTHING.items() if name != claim}
    for claims in (None, {}, others, {**others, claim: None}):
        tenants.database.reset_statements()
        failure = Caller(tenants, claims).refused(method, mask, **fields)
        assert (failure.code.name, failure.reason, failure.metadata["claim"]) == ("PERMISSION_DENIED", "CLAIM_MISSING", claim)
        assert tenants.database.statement_count() == 0
    answer = Caller(tenants, EVERYTHING)(method, mask, **fields)
    assert answer or method == "StreamProjects"


@pytest.mark.parametrize("method, mask, fields, claim", NEEDED[:3])
@pytest.mark.parametrize("value", ["one", True, 1.5, {"id": 1}, [1, None], [[1]], ["1", "x"], "1 OR 1=1", ""])
def test_a_claim_of_another_type_is_denied(tenants, method, mask, fields, claim, value):
    tenants.database.reset_statements()
    failure = Caller(tenants, {**EVERYTHING, claim: value}).refused(method, mask, **fields)
    assert (failure.code.name, failure.reason, failure.metadata["claim"]) == ("PERMISSION_DENIED", "CLAIM_UNFIT", claim)
    assert "1" not in failure.message, "what a caller claims is not repeated"
    assert tenants.database.statement_count() == 0


def test_a_bound_is_one_value(tenants):
    failure = Caller(tenants, {"clearance": [1, 2]}).refused("ListCleared")
    assert failure.reason == "CLAIM_UNFIT"


def test_strings_are_taken_for_what_they_spell(tenants):
    assert Caller(tenants, {"tenant_id": "2"}).walk("ListProjects", "projects") == projects_of(2)
    assert Caller(tenants, {"tenant_id": ["2", 3]}).walk("ListProjects", "projects") == projects_of(2, 3)


@pytest.mark.parametrize("method, mask, fields", [
    ("ListCountries", None, {}), ("ListTenants", ["id", "name"], {}), ("ListTasks", ["title"], {"filter": "id < 5"}),
    ("GetTask", ["id"], {"id": 7})])
def test_what_needs_no_claim_is_everybody_s(tenants, method, mask, fields):
    assert Caller(tenants, None)(method, mask, **fields) == Caller(tenants, EVERYTHING)(method, mask, **fields)


def test_a_client_s_filter_has_no_claims(tenants):
    for text in ("id = claim('tenant_id')", "claim('tenant_id') = 1"):
        failure = Caller(tenants, EVERYTHING).refused("ListProjects", ["id"], filter=text)
        assert (failure.code.name, failure.reason) == ("INVALID_ARGUMENT", "INVALID_FILTER")


def test_without_the_setting_nobody_has_claims(tenants_set, tenants_database):
    with Service("tenants.v1", tenants_set, tenants_database) as service:
        failure = Caller(service, EVERYTHING).refused("ListProjects")
        assert (failure.code.name, failure.reason) == ("PERMISSION_DENIED", "CLAIM_MISSING")
        assert Caller(service, EVERYTHING)("ListCountries")["countries"]
        warning, = service.server.entries("annotations compare with claims, and nobody has any: claims-header is not set")
        assert sorted(warning["claims"].split(", ")) == sorted(EVERYTHING)


# ---- what cannot be read ----

BAD = ["5", "[]", "{", '{"tenant_id": 1, "tenant_id": 2}', '{"tenant_id": "\\u0000"}', '{"tenant_id": 1}{}']


@pytest.mark.parametrize("values", [
    *([encoded(text)] for text in BAD),
    ["{\"tenant_id\": 1}"], ["%%%"], [encoded(EVERYTHING) + "."], [encoded(EVERYTHING), encoded({"tenant_id": 2})],
    [encoded(EVERYTHING), encoded(EVERYTHING)], [encoded({**EVERYTHING, "padding": "x" * 5000})],
    [base64.b64encode(b'{"tenant_id": 1, "a": "\xc3\xbf>>>???"}').decode()],
])
@pytest.mark.parametrize("method", ["ListProjects", "StreamProjects", "ListCountries"])
def test_claims_that_cannot_be_read(tenants, values, method):
    tenants.database.reset_statements()
    with pytest.raises(Failure) as failed:
        tenants.call(f"Tenants/{method}", ["id"], metadata=[(HEADER, value) for value in values])
    failure = failed.value
    assert (failure.code.name, failure.reason) == ("UNAUTHENTICATED", "INVALID_CLAIMS")
    assert failure.message == "the caller's claims cannot be read"
    assert tenants.database.statement_count() == 0
    assert tenant(tenants, 1)("GetProject", ["id"], id=3), "the connection is unharmed"


def test_padding_is_nothing(tenants):
    for payload in ({"tenant_id": 1}, {"tenant_id": 1, "a": ""}, {"tenant_id": 1, "a": "b"}):
        text = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()
        assert tenants.call("Tenants/GetProject", ["id"], id=3, metadata=[(HEADER, text)]) == {"id": 3}


def test_the_log_tells_no_claims(tenants_set, tenants_database):
    """Neither what was claimed nor the header as it came, whatever became of the call."""
    canary = "canary-5f21"
    payloads = [{"tenant_id": 1, "sub": canary}, {"tenant_id": canary}, {"groups": [canary]}, {"clearance": [canary]}]
    with Service("tenants.v1", tenants_set, tenants_database, "--claims-header", HEADER, "--log-level", "debug",
                 "--explain") as service:
        for payload in [*payloads, '{"tenant_id": "%s"' % canary]:
            for method in ("ListProjects", "ListGrouped", "ListCleared", "ListTasks"):
                try:
                    service.call(f"Tenants/{method}", ["id"], metadata=[(HEADER, encoded(payload))])
                except Failure as failure:
                    assert canary not in str(failure.trailers)
    log = json.dumps(service.server.log)
    assert "CLAIM_UNFIT" in log and "INVALID_CLAIMS" in log
    assert canary not in log and not any(encoded(payload)[:40] in log for payload in payloads)


@pytest.mark.parametrize("name", ["X-Jwt-Payload", "claims-bin", "grpc-claims", "a b"])
def test_a_header_that_cannot_be(tenants_set, tenants_database, name):
    done = server.run("serve", "--descriptor-set", tenants_set, "--database", tenants_database.conninfo(),
                      "--claims-header", name)
    assert done.returncode == 2 and f'--claims-header is "{name}"' in done.stderr


# ---- the statements ----

def test_no_statement_reads_projects_without_the_condition(pinned):
    """Everything above in one go, looked at as Postgres saw it."""
    pinned.database.reset_statements()
    for who in ((1,), (1, 2)):
        caller = tenant(pinned, *who)
        caller("ListTenants", ["projects.tasks.project.id", "project_count", "has_projects", "last_project"],
               filter="exists(projects, (tasks:*)) AND project_count > 1")
        caller("ListTenants", ["id"], order_by="last_project desc, project_count", page_size=1)
        caller("ListTenants", ["projects.id"], relation_arguments={"projects": {"page_size": 2, "order_by": "parent.name"}})
        caller("ListTasks", ["project.parent.children.id", "project_name", "about.children.children.id"],
               filter="project.parent:* OR NOT about.name = \"x\"", order_by="project.name desc")
        caller("ListProjects", ["id", "parent.id"])
        caller("EstimateProjects", ["id"])
        caller("StreamProjects", ["id", "tasks.project.id"])
        caller("BatchGetProjects", ["parent.parent.id"], ids=projects_of(1)[:3])
        caller("GetTenant", ["projects.children.id"], id=1)
    queries = [query for _, query in pinned.database.statements()]
    assert sum('"projects"' in query for query in queries) > 15
    assert not unconditioned(queries)


# ---- explain ----

@pytest.fixture(scope="module")
def explain(tenants_set, tenants_database, descriptor_sets):
    contract = Descriptors(descriptor_sets(TOP / "proto", "rowan/v1/explain.proto"))
    with Service("tenants.v1", tenants_set, tenants_database, "--claims-header", HEADER, "--explain") as service:
        client = Client(service.server.address, contract)

        def call(claims, mask, **fields):
            path = "rowan.v1.ExplainService/Explain"
            request = client.request(path, mask, page_size=1000, **fields)
            request.method = "ListProjects"
            return plain(client.send(path, request, metadata=None if claims is None else [(HEADER, encoded(claims))]))
        yield call
        client.close()


def test_explain_runs_with_the_call_s_own_claims(explain):
    for who in ((1,), (1, 2)):
        claims = {"tenant_id": who[0] if len(who) == 1 else list(who)}
        answer = explain(claims, ["id"], analyze=True)
        assert answer["statements"][0]["run"]["rows"] == len(projects_of(*who))
        assert ("ANY ($1" in answer["statements"][0]["sql"]) == (len(who) > 1)
    with pytest.raises(Failure) as failed:
        explain(None, ["id"], analyze=True)
    assert (failed.value.code.name, failed.value.reason) == ("PERMISSION_DENIED", "CLAIM_MISSING")


def test_explain_needs_no_claims_for_what_is_not_run(explain):
    answer = explain(None, ["id", "tasks.project.id", "tasks.labels.id"])
    assert sorted(answer["claims"]) == ["sub", "tenant_id"]
    assert "bound to the caller's claims: " + ", ".join(answer["claims"]) in answer["text"]
    assert not unconditioned(statement["sql"] for statement in answer["statements"])


def command(tenants_set, tenants_database, *arguments):
    return server.run("explain", "--descriptor-set", tenants_set, "--database", tenants_database.conninfo(), *arguments)


def test_the_command_takes_claims(tenants_set, tenants_database):
    done = command(tenants_set, tenants_database, "ListProjects", "--analyze", "--claims", '{"tenant_id": [1, 2]}')
    assert done.returncode == 0 and "→ 51 " in done.stdout and "ANY ($1" in done.stdout, done.stderr
    done = command(tenants_set, tenants_database, "ListProjects")
    assert done.returncode == 0 and '"tenant_id" = $1' in done.stdout, done.stderr


@pytest.mark.parametrize("claims, said", [
    (None, 'the caller needs the claim "tenant_id"'), ('{"tenant_id": "x"}', "is not of the type"),
    ("[]", "--claims is no JSON object"), ("{", "--claims is no JSON object")])
def test_the_command_says_what_is_wrong_with_claims(tenants_set, tenants_database, claims, said):
    given = [] if claims is None else ["--claims", claims]
    done = command(tenants_set, tenants_database, "ListProjects", "--analyze", *given)
    assert done.returncode == 1 and said in done.stderr, done.stderr

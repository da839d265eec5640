"""The 29 cases that django-auto-prefetching is tested with, asked of Rowan: the answers, and no more statements than there.

The schema, the data and the words are our own.  Each case is asked of few rows, as there, also where Postgres knows
nothing of them, and of thousands: the number holds for all.  Run with -v it is a table: "many-to-many whole: 2 of 2" took
two statements where two were allowed.  Below the cases stand the faults that were reported of such libraries.
"""

import dataclasses
import json
import pathlib
import typing

import pytest

from support.client import Failure
from support.service import Service

FLEET = pathlib.Path(__file__).parent / "fleet"
PAGE = 1000


class Rows:
    """What the database holds, by table and id; and how rows lead to each other, in plain Python."""

    TABLES = ("countries", "builders", "harbours", "boats", "captains", "licences", "routes", "ports", "engines", "ships",
              "bridges", "instruments", "decks", "cabins")

    def __init__(self, database):
        for table in self.TABLES:
            rows = [json.loads(row) for row, in database.rows(f"SELECT row_to_json(t) FROM {table} t ORDER BY id")]
            setattr(self, table, {row["id"]: row for row in rows})
        self.route_ports = [(int(route), int(port))
                            for route, port in database.rows("SELECT route_id, port_id FROM route_ports ORDER BY 1, 2")]
        self._children = {}

    def children(self, table, column, parent):
        """The rows of a table that refer to a parent's id, by their own."""
        if (table, column) not in self._children:
            of_parent = self._children[table, column] = {}
            for row in getattr(self, table).values():
                of_parent.setdefault(row[column], []).append(row)
        return self._children[table, column].get(parent["id"], [])

    def child(self, table, column, parent):
        """The one that refers to a parent's id, or None."""
        return next(iter(self.children(table, column, parent)), None)

    def harbour_of(self, boat):
        """{} for a boat that has none."""
        return self.harbours.get(boat["harbour_id"], {})

    def country_name(self, boat):
        harbour = self.harbour_of(boat)
        return self.countries[harbour["country_id"]]["name"] if harbour else None

    def ports_of(self, route):
        return [self.ports[port] for of, port in self.route_ports if of == route["id"]]

    def routes_of(self, port):
        return [self.routes[route] for route, to in self.route_ports if to == port["id"]]


def tidy(value):
    """As an answer shows it: without what is unset or empty."""
    if isinstance(value, dict):
        return {key: tidy(item) for key, item in value.items() if item not in (None, [], 0)}
    return [tidy(item) for item in value] if isinstance(value, list) else value


def only(row, *columns):
    """None for no row: the message is unset."""
    return {column: row[column] for column in columns} if row else None


def licence_of(rows, captain):
    return only(rows.child("licences", "captain_id", captain), "id", "text")


def boats_link(harbour):
    return f"harbours/{harbour['id']}/boats"


def whole(harbour):
    return {**only(harbour, "id", "name"), "boats_link": boats_link(harbour)} if harbour else None


def port_with_its_way_back(rows, port):
    return {"name": port["name"],
            "routes": [{**route, "ports": [only(stop, "id") for stop in rows.ports_of(route)]}
                       for route in rows.routes_of(port)]}


@dataclasses.dataclass
class Case:
    name: str
    most: int  # statements there
    method: str
    mask: list
    expected: typing.Callable | str  # (rows, root row) → the message, None where the row is not asked for; what a refusal names
    fields: dict = dataclasses.field(default_factory=dict)
    takes: int | None = None  # statements here, where they are fewer

    def __post_init__(self):
        self.takes = self.most if self.takes is None else self.takes

    def __str__(self):
        return f"{self.name}: {self.takes} of {self.most}"

    @property
    def root(self):
        return self.method.removeprefix("List").lower()


CASES = [
    Case("a flat list", 1, "ListCaptains", ["name"],
         lambda rows, captain: only(captain, "name")),

    Case("a foreign key by its id beside its row", 1, "ListShips", ["engine_id", "engine"],
         lambda rows, ship: {"engine_id": ship["engine_id"], "engine": rows.engines.get(ship["engine_id"])}),
    Case("a foreign key by depth", 1, "ListBoats", ["name", "harbour"],
         lambda rows, boat: {"name": boat["name"], "harbour": whole(rows.harbour_of(boat))}),
    Case("a foreign key as one column of its row", 1, "ListBoats", ["name", "harbour_name"],
         lambda rows, boat: {"name": boat["name"], "harbour_name": rows.harbour_of(boat).get("name")}),
    Case("a foreign key by a nested shape", 1, "ListBoats", ["harbour.name"],
         lambda rows, boat: {"harbour": only(rows.harbour_of(boat), "name")}),
    Case("a foreign key by a nested shape under another name", 1, "ListBoats", ["home.name"],
         lambda rows, boat: {"home": only(rows.harbour_of(boat), "name")}),
    Case("a dotted source", 1, "ListBoats", ["country_name"],
         lambda rows, boat: {"country_name": rows.country_name(boat)}),
    Case("a dotted source beside what it leads through", 1, "ListBoats", ["country_name", "harbour.name", "harbour_id"],
         lambda rows, boat: {"country_name": rows.country_name(boat), "harbour_id": boat["harbour_id"],
                             "harbour": only(rows.harbour_of(boat), "name")}),

    Case("many-to-many by ids", 2, "ListRoutes", ["name", "ports.id"],
         lambda rows, route: {"name": route["name"], "ports": [only(port, "id") for port in rows.ports_of(route)]}),
    Case("many-to-many whole", 2, "ListRoutes", ["name", "ports"],
         lambda rows, route: {"name": route["name"], "ports": rows.ports_of(route)}),
    Case("many-to-many from the other side by ids", 2, "ListPorts", ["name", "routes.id"],
         lambda rows, port: {"name": port["name"], "routes": [only(route, "id") for route in rows.routes_of(port)]}),
    Case("many-to-many from the other side with its way back", 3, "ListPorts", ["name", "routes.*", "routes.ports.id"],
         port_with_its_way_back),
    Case("many-to-many with its way back as the method declares it", 3, "ListPorts", None, port_with_its_way_back),

    Case("one-to-one, then a reverse foreign key", 2, "ListShips",
         ["bridge.instruments", "bridge.ship.id", "bridge.ship.engine_id", "engine"],
         lambda rows, ship: {
             "bridge": (bridge := rows.child("bridges", "ship_id", ship)) and {
                 "instruments": rows.children("instruments", "bridge_id", bridge), "ship": ship},
             "engine": rows.engines.get(ship["engine_id"])}),
    Case("a list below a list", 3, "ListShips", ["decks.cabins", "decks.ship.id", "decks.ship.engine_id", "engine_id"],
         lambda rows, ship: {
             "decks": [{"cabins": rows.children("cabins", "deck_id", deck), "ship": ship}
                       for deck in rows.children("decks", "ship_id", ship)],
             "engine_id": ship["engine_id"]}),
    Case("depth 2 without explicit shapes", 2, "ListShips",
         ["bridge", "bridge.ship.id", "bridge.ship.engine_id", "decks", "decks.ship.id", "decks.ship.engine_id", "engine"],
         lambda rows, ship: {
             "bridge": (bridge := rows.child("bridges", "ship_id", ship)) and {**bridge, "ship": ship},
             "decks": [{**deck, "ship": ship} for deck in rows.children("decks", "ship_id", ship)],
             "engine": rows.engines.get(ship["engine_id"])}),

    Case("a reverse foreign key by depth", 2, "ListHarbours", ["name", "boats.id", "boats.name", "boats.harbour_id"],
         lambda rows, harbour: {
             "name": harbour["name"],
             "boats": [only(boat, "id", "name", "harbour_id") for boat in rows.children("boats", "harbour_id", harbour)]}),
    Case("a reverse foreign key by a nested shape", 2, "ListHarbours", ["name", "boats.name"],
         lambda rows, harbour: {
             "name": harbour["name"],
             "boats": [only(boat, "name") for boat in rows.children("boats", "harbour_id", harbour)]}),
    Case("a reverse foreign key by a nested shape under another name", 2, "ListHarbours", ["name", "fleet.name"],
         lambda rows, harbour: {
             "name": harbour["name"],
             "fleet": [only(boat, "name") for boat in rows.children("boats", "harbour_id", harbour)]}),

    Case("one-to-one from the side that is referred to", 1, "ListCaptains", ["name", "licence.text"],
         lambda rows, captain: {"name": captain["name"],
                                "licence": only(rows.child("licences", "captain_id", captain), "text")}),
    Case("one-to-one from the side that refers, by depth", 1, "ListLicences", ["text", "captain"],
         lambda rows, licence: {"text": licence["text"], "captain": rows.captains[licence["captain_id"]]}),

    Case("a link to a list is not the list", 1, "ListHarbours", ["name", "boats_link"],
         lambda rows, harbour: {"name": harbour["name"], "boats_link": boats_link(harbour)}),

    Case("what is excluded under a wrong name is refused", 0, "ListShips", ["*", "decks", "brigde"], "brigde"),
    Case("what is excluded is not fetched", 3, "ListShips", ["decks", "decks.ship.id"],
         lambda rows, ship: {"decks": [{**deck, "ship": only(ship, "id")}
                                       for deck in rows.children("decks", "ship_id", ship)]}, takes=2),
    Case("a to-one that only a computed field needs is included", 3, "ListShips", ["bridge_code", "deck_count"],
         lambda rows, ship: {"bridge_code": (rows.child("bridges", "ship_id", ship) or {}).get("code"),
                             "deck_count": len(rows.children("decks", "ship_id", ship))}, takes=1),
    Case("a list that only computed fields need is included", 3, "ListShips", ["bridge_code", "deck_count", "deck_area"],
         lambda rows, ship: {"bridge_code": (rows.child("bridges", "ship_id", ship) or {}).get("code"),
                             "deck_count": len(decks := rows.children("decks", "ship_id", ship)),
                             "deck_area": sum(deck["area"] for deck in decks)}, takes=1),

    Case("roots without the row that refers to them", 3, "ListCaptains", ["name", "licence"],
         lambda rows, captain: None if rows.child("licences", "captain_id", captain) else {"name": captain["name"]},
         {"filter": "NOT licence:*"}, takes=1),
    Case("a filter on the root and its relation", 1, "ListCaptains", ["name", "licence"],
         lambda rows, captain: {"name": captain["name"], "licence": licence_of(rows, captain)}
         if captain["rank"] == 2 else None,
         {"rank": 2}),
    Case("a filter on the root that leaves one", 1, "ListCaptains", ["name", "licence"],
         lambda rows, captain: {"name": captain["name"], "licence": licence_of(rows, captain)}
         if captain["name"] == "captain 2" else None,
         {"filter": 'name = "captain 2"'}),
]


def test_there_are_as_many_cases_as_there():
    assert len({case.name for case in CASES}) == len(CASES) == 29


@pytest.fixture(scope="module", params=[(7, True), (7, False), (3000, True)],
                ids=["few rows", "few rows never analyzed", "many rows"])
def fleet(request, cluster, descriptor_sets):
    """(the service, its rows)."""
    n, analyzed = request.param
    database = cluster.create(FLEET / "schema.sql", n=n)
    if analyzed:
        database.run("VACUUM ANALYZE")
    with Service("fleet.v1", descriptor_sets(FLEET, "fleet/v1/fleet.proto"), database) as service:
        yield service, Rows(database)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(fleet, case):
    service, rows = fleet
    service.database.reset_statements()
    if isinstance(case.expected, str):
        with pytest.raises(Failure) as refused:
            service.call(f"Fleet/{case.method}", case.mask, page_size=PAGE)
        assert refused.value.code.name == "INVALID_ARGUMENT" and case.expected in refused.value.message
    else:
        answer = service.call(f"Fleet/{case.method}", case.mask, page_size=PAGE, **case.fields)
        expected = (case.expected(rows, row) for row in getattr(rows, case.root).values())
        assert answer[case.root] == [tidy(message) for message in expected if message is not None][:PAGE]
    assert service.database.statement_count() == case.takes <= case.most, service.database.statements()


# ---- faults that were reported of such libraries ----


def tables_read(service):
    """Of all that the service knows, what the statements name."""
    queries = " ".join(query for _, query in service.database.statements())
    return {table for table in (*Rows.TABLES, "route_ports") if f'"{table}"' in queries}


@pytest.mark.parametrize("mask", [["*"], ["id"], None], ids=["every scalar", "the key", "no mask"])
@pytest.mark.parametrize("root", ["Builders", "Harbours", "Licences", "Routes"])
def test_no_relation_asked_for_is_none_fetched(fleet, root, mask):
    """select_related() without arguments follows every foreign key that is NOT NULL."""
    service, rows = fleet
    answer, statements = service.counted(f"Fleet/List{root}", mask, page_size=PAGE)
    assert len(answer[root.lower()]) == min(PAGE, len(getattr(rows, root.lower())))
    assert tables_read(service) == {root.lower()} and statements == 1


def test_no_root_found_is_nothing_fetched_below(fleet):
    """An empty set of parents must not become a condition that is left out."""
    service, _ = fleet
    assert service.call("Fleet/ListHarbours", ["*", "boats", "boats.builder"], filter='name = "nowhere"') == {}
    assert service.call("Fleet/ListShips", ["decks.cabins", "engine", "bridge.instruments"], filter="id = 0") == {}


def test_no_parent_found_is_nothing_fetched_below(fleet):
    """The same one level down: a root is found, and nothing at its relation."""
    service, rows = fleet
    bare = next(ship for ship in rows.ships.values() if not rows.children("decks", "ship_id", ship))
    answer, statements = service.counted("Fleet/ListShips", ["id", "decks.cabins"], filter=f"id = {bare['id']}")
    assert answer == {"ships": [{"id": bare["id"]}]}
    assert statements == 2, "no decks, no statement for cabins"


def test_a_dotted_source_below_a_list_starts_at_the_list(fleet):
    """A builder has a country as a boat's harbour has; the boat's is meant."""
    service, rows = fleet
    answer, statements = service.counted("Fleet/ListBuilders", ["name", "country.name", "boats.country_name"])
    assert answer["builders"] == [
        tidy({"name": builder["name"], "country": only(rows.countries[builder["country_id"]], "name"),
              "boats": [{"country_name": rows.country_name(boat)}
                        for boat in rows.children("boats", "builder_id", builder)]})
        for builder in rows.builders.values()]
    assert statements == 2


def test_a_dotted_source_below_a_to_one_starts_at_the_to_one(fleet):
    service, rows = fleet
    answer = service.call("Fleet/ListHarbours", ["fleet.harbour.country.name", "fleet.country_name"], page_size=5)
    assert answer["harbours"] == [
        tidy({"fleet": [{"harbour": {"country": only(rows.countries[harbour["country_id"]], "name")},
                         "country_name": rows.country_name(boat)}
                        for boat in rows.children("boats", "harbour_id", harbour)]})
        for harbour in list(rows.harbours.values())[:5]]

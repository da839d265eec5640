"""The page that started it all: lazily, as an object mapper fetches it unasked, and through Rowan."""

import re
import subprocess

import pytest

from support.descriptors import TOP

PAGE = ["name", "creator", "attendees.name", "attendees.organization", "unaffiliated_attendees"]


@pytest.fixture(scope="module")
def lazily(events):
    """Statements that the page takes when each relation is fetched on first use."""
    command = events.database.psql_command() + ["-f", TOP / "examples/events/lazy.sql"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return int(re.search(r"(\d+) statements", said)[1])


def test_a_page_takes_hundreds_of_statements_lazily_and_three_at_most_through_rowan(events, lazily):
    page, statements = events.counted("EventService/ListEvents", PAGE, page_size=50)
    assert len(page["events"]) == 50
    assert lazily > 100 * statements
    assert statements <= 3


def test_both_ways_find_the_same(events):
    page = events.call("EventService/ListEvents", PAGE, page_size=50)["events"]
    attendees = [attendee for event in page for attendee in event.get("attendees", [])]
    lists = events.database.rows("""
        SELECT count(*), count(*) FILTER (WHERE a.organization_id IS NULL) FROM event_attendees
        JOIN attendees a ON a.id = attendee_id WHERE event_id IN (SELECT id FROM events ORDER BY id LIMIT 50)""")
    assert [str(len(attendees)), str(sum(len(event.get("unaffiliated_attendees", [])) for event in page))] == lists[0]
    assert sum("organization" not in attendee for attendee in attendees) == int(lists[0][1])

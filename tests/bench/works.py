"""The three kinds of work: what is asked of Rowan, what the bare loop does for the same, and whether the answers agree."""

import random

from world import EVENTS

PAGE = 50
STREAM_EVENTS = 20_000
TREE = ["id", "name", "event_date", "creator", "attendees.id", "attendees.name", "attendees.organization.id",
        "attendees.organization.name", "unaffiliated_attendees.id", "unaffiliated_attendees.name"]


def frame(message):
    """A gRPC length-prefixed message."""
    body = message.SerializeToString()
    return b"\0" + len(body).to_bytes(4, "big") + body


class Page:
    name, method, bare_works = "W1", "events.v1.EventService/ListEvents", ("page",)

    def __init__(self, client):
        self.client = client
        self.places = list(self._walk())[:-1]

    def _walk(self):
        """(last id, token) of every page: the places where a page can start."""
        token = ""
        while True:
            answer = self.client.send(self.method, self.client.request(self.method, ["id"], page_size=PAGE, page_token=token))
            token = answer.next_page_token
            if not token:
                return
            yield answer.events[-1].id, token

    def request(self, token):
        return self.client.request(self.method, TREE, page_size=PAGE, page_token=token)

    def body(self):
        return self.request(random.choice(self.places)[1])

    def compare(self, bare):
        place, token = random.choice(self.places)
        ours = self.client.send(self.method, self.request(token))
        return list(ours.events) == list(type(ours).FromString(bare("page", place)).events)


class Event:
    name, method, bare_works = "W2", "events.v1.EventService/GetEvent", ("event", "event-arrays")

    def __init__(self, client):
        self.client = client

    def request(self, event_id):
        return self.client.request(self.method, TREE, id=event_id)

    def body(self):
        return self.request(random.randint(1, EVENTS))

    def compare(self, bare):
        place = random.randint(1, EVENTS)
        ours = self.client.send(self.method, self.request(place))
        return all(ours == type(ours).FromString(bare(work, place)) for work in self.bare_works)


class Stream:
    name, method, bare_works = "W3", "events.v1.EventService/StreamEvents", ("stream",)

    def __init__(self, client):
        self.client = client

    def request(self, place):
        return self.client.request(self.method, TREE, filter=f"id > {place} AND id <= {place + STREAM_EVENTS}")

    def body(self):
        return self.request(random.randrange(EVENTS - STREAM_EVENTS))

    def compare(self, bare):
        """The loop's first chunk stands for all: it is 5000 events."""
        place = random.randrange(EVENTS - STREAM_EVENTS)
        ours, message_class = [], None
        for message in self.client.send(self.method, self.request(place), timeout=120):
            message_class = type(message)
            ours.extend(message.events)
        theirs = message_class.FromString(bare("stream", place)).events
        return len(ours) == STREAM_EVENTS and ours[:len(theirs)] == list(theirs)


class LargePage(Page):
    """As large as a page may be, from the start of any other page."""
    name, bare_works = "pages of 1000", ()

    def request(self, token):
        return self.client.request(self.method, TREE, page_size=1000, page_token=token)


WORKS = {work.name: work for work in (Page, Event, Stream)}


def make(work, client, bare):
    """The work, once its answers have been found to be the bare loop's."""
    made = WORKS[work](client)
    if not all(made.compare(bare.dump) for _ in range(5)):
        raise SystemExit(f"{work}: the trees of Rowan and of the bare loop differ")
    return made

"""A served API with its database beside it, so that a test can ask and then look at what it took."""

from support.client import Client
from support.descriptors import Descriptors
from support.server import Server


class Service:
    """`package` is put before method names: "EventService/GetEvent"."""

    def __init__(self, package, descriptor_set, database, *flags):
        self.package, self.descriptor_set, self.database = package, descriptor_set, database
        self.server = Server(descriptor_set, database.conninfo(), *flags)
        self.client = Client(self.server.address, Descriptors(descriptor_set))

    def path(self, method):
        return f"{self.package}.{method}"

    def call(self, method, mask=None, **fields):
        return self.client.call(self.path(method), mask, **fields)

    def counted(self, method, mask=None, **fields):
        """(the answer, how many statements Postgres ran for it)."""
        self.database.reset_statements()
        answer = self.call(method, mask, **fields)
        return answer, self.database.statement_count()

    def another_client(self):
        return Client(self.server.address, self.client.descriptors)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        self.client.close()
        self.server.__exit__(kind, *rest)

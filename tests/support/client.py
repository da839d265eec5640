"""A gRPC client that knows its API from a descriptor set alone, and reads rich errors."""

import functools

import grpc

from support.descriptors import CONTRACTS, Descriptors, compile_protos, plain


@functools.lru_cache(maxsize=None)
def contracts():
    """google.rpc, health and reflection, as any client has them."""
    import tempfile
    with tempfile.NamedTemporaryFile(suffix=".binpb") as out:
        files = [str(path.relative_to(CONTRACTS)) for path in sorted(CONTRACTS.rglob("*.proto"))]
        return Descriptors(compile_protos(out.name, CONTRACTS, files))


class Failure(Exception):
    """A call that ended with another status than OK, its details taken apart."""

    def __init__(self, error):
        self.code = error.code()
        self.message = error.details()
        self.reason = self.domain = self.retry_delay = None
        self.metadata, self.violations = {}, []
        self.trailers = dict(error.trailing_metadata() or ())
        self.status = None
        details = self.trailers.get("grpc-status-details-bin")
        if details is not None:
            self._take_apart(details)
        super().__init__(f"{self.code.name}: {self.message} [{self.reason}] {self.violations or ''}")

    def _take_apart(self, details):
        self.status = contracts().message("google.rpc.Status").FromString(details)
        for packed in self.status.details:
            name = packed.type_url.rsplit("/", 1)[-1]
            detail = contracts().message(name).FromString(packed.value)
            if name == "google.rpc.ErrorInfo":
                self.reason, self.domain, self.metadata = detail.reason, detail.domain, dict(detail.metadata)
            elif name == "google.rpc.BadRequest":
                self.violations = [(v.field, v.description) for v in detail.field_violations]
            elif name == "google.rpc.RetryInfo":
                self.retry_delay = detail.retry_delay.ToTimedelta().total_seconds()


class Client:
    """Calls methods by "pkg.Service/Method" with fields as keywords; `mask` is short for read_mask's paths."""

    def __init__(self, address, descriptors, options=()):
        self.descriptors = descriptors
        self.channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", -1), ("grpc.enable_retries", 0), *options])

    def close(self):
        self.channel.close()

    def request(self, method, mask=None, **fields):
        request_class, _, _ = self.descriptors.method(method)
        if mask is not None:
            fields["read_mask"] = {"paths": [mask] if isinstance(mask, str) else mask}
        lists = fields.pop("relation_arguments", {})
        request = request_class(**fields)
        for path, arguments in lists.items():  # a map of messages takes no dictionaries
            request.relation_arguments.get_or_create(path)
            for name, value in arguments.items():
                setattr(request.relation_arguments[path], name, value)
        return request

    def send(self, method, request, timeout=30, metadata=None):
        """The answer message, or an iterator over those of a stream; Failure for another status than OK."""
        _, response_class, streams = self.descriptors.method(method)
        stub = self.channel.unary_stream if streams else self.channel.unary_unary
        call = stub("/" + method, request_serializer=lambda r: r if isinstance(r, bytes) else r.SerializeToString(),
                    response_deserializer=response_class.FromString)
        if streams:
            return Stream(call(request, timeout=timeout, metadata=metadata))
        try:
            return call(request, timeout=timeout, metadata=metadata)
        except grpc.RpcError as error:
            raise Failure(error) from None

    def call(self, method, mask=None, timeout=30, metadata=None, **fields):
        """The answer in plain form: a dict, or a list of dicts for a stream."""
        answer = self.send(method, self.request(method, mask, **fields), timeout, metadata)
        return [plain(message) for message in answer] if isinstance(answer, Stream) else plain(answer)

    def start(self, method, mask=None, timeout=30, **fields):
        """A call under way: a grpc future for a unary method."""
        request_class, response_class, _ = self.descriptors.method(method)
        stub = self.channel.unary_unary("/" + method, request_serializer=request_class.SerializeToString,
                                        response_deserializer=response_class.FromString)
        return stub.future(self.request(method, mask, **fields), timeout=timeout)

    def raw(self, path, data=b"", timeout=10):
        """Bytes to any path; bytes back."""
        try:
            return self.channel.unary_unary(path)(data, timeout=timeout)
        except grpc.RpcError as error:
            raise Failure(error) from None

    def health(self, service=""):
        """The name of the health status."""
        check = Client.__new__(Client)
        check.channel, check.descriptors = self.channel, contracts()
        answer = check.send("grpc.health.v1.Health/Check", check.request("grpc.health.v1.Health/Check", service=service))
        return answer.ServingStatus.Name(answer.status)


class Stream:
    """The messages of a streaming call, its failure as Failure."""

    def __init__(self, call):
        self.call = call

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self.call)
        except grpc.RpcError as error:
            raise Failure(error) from None

    def cancel(self):
        self.call.cancel()


def watch_health(channel, service, timeout):
    """Health's Watch: an iterator over its messages."""
    request, response = (contracts().message(f"grpc.health.v1.HealthCheck{kind}") for kind in ("Request", "Response"))
    call = channel.unary_stream("/grpc.health.v1.Health/Watch", request_serializer=request.SerializeToString,
                                response_deserializer=response.FromString)
    return call(request(service=service), timeout=timeout)

"""What a client without files learns of a server: its services and their files, by reflection."""

import grpc
from google.protobuf import descriptor_pb2

from support.client import contracts

OURS = ("grpc.", "rowan.")


def ask(channel, *questions, version="v1"):
    """The answers to the questions, each a dictionary with one field of ServerReflectionRequest."""
    request, response = (contracts().message(f"grpc.reflection.v1.ServerReflection{kind}")
                         for kind in ("Request", "Response"))
    call = channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                                 request_serializer=request.SerializeToString, response_deserializer=response.FromString)
    return list(call(iter([request(**question) for question in questions]), timeout=30))


def services(channel):
    """The names of the services that are not Rowan's own."""
    answer, = ask(channel, {"list_services": ""})
    return [service.name for service in answer.list_services_response.service if not service.name.startswith(OURS)]


def descriptor_set(address, names=()):
    """The FileDescriptorSet of all services that are not Rowan's own and of further files, with what they import."""
    with grpc.insecure_channel(address) as channel:
        files = {}
        questions = [{"file_containing_symbol": name} for name in services(channel)]
        for answer in ask(channel, *questions, *({"file_by_filename": name} for name in names)):
            for raw in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(raw)
                files[file.name] = file
        return descriptor_pb2.FileDescriptorSet(file=in_order(files))


def in_order(files):
    """Dependencies before their dependents, as a DescriptorPool takes them."""
    placed = {}

    def place(name):
        if name not in placed:
            for dependency in files[name].dependency:
                place(dependency)
            placed[name] = files[name]

    for name in sorted(files):
        place(name)
    return placed.values()

"""Descriptor sets: made by protoc, turned into message classes at run time."""

import pathlib
import subprocess

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

TOP = pathlib.Path(__file__).resolve().parents[2]
CONTRACTS = TOP / "tests/support/contracts"


def compile_protos(out, folder, files):
    """Writes the descriptor set of `files`, paths below `folder`, to `out`, as the documentation tells users to."""
    subprocess.run(
        ["protoc", "-I", TOP / "proto", "-I", folder, "-I", "/usr/include", "--include_imports",
         "--include_source_info", f"--descriptor_set_out={out}", *files],
        check=True,
    )
    return out


class Descriptors:
    """The messages and methods of one descriptor set."""

    def __init__(self, path):
        self.files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(path).read_bytes())
        self.pool = descriptor_pool.DescriptorPool()
        for file in self.files.file:
            self.pool.Add(file)
        self._factory = message_factory.MessageFactory(self.pool)

    def message(self, full_name):
        """The class of a message."""
        return self._factory.GetPrototype(self.pool.FindMessageTypeByName(full_name))

    def method(self, path):
        """(request class, response class, whether the answer is a stream) of "pkg.Service/Method"."""
        service, name = path.split("/")
        for file in self.files.file:
            for declared in file.service:
                if f"{file.package}.{declared.name}" != service:
                    continue
                for method in declared.method:
                    if method.name == name:
                        return (self.message(method.input_type[1:]), self.message(method.output_type[1:]),
                                method.server_streaming)
        raise KeyError(path)


def plain(message):
    """A message as dicts and lists, holding only what is set, enums by name: easy to write down and to compare."""
    return {field.name: _plain_field(field, value) for field, value in message.ListFields()}


def _plain_field(field, value):
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return dict(value)
    if field.label == field.LABEL_REPEATED:
        return [_plain_value(field, item) for item in value]
    return _plain_value(field, value)


def _plain_value(field, value):
    if field.message_type is not None:
        return plain(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else value
    return value

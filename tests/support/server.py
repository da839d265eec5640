"""A rowan process: started on a free port, its log kept, its end checked.

ROWAN_BUILD names the build folder; ROWAN_UNDER a command to run the server under, such as valgrind.
"""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile
import threading
import time

from support.descriptors import TOP


def build_folder():
    return pathlib.Path(os.environ.get("ROWAN_BUILD", TOP / "build/asan"))


def binary():
    return build_folder() / "rowan"


# A sanitizer keeps freed memory for a while, which is in the way where memory is measured.
SPARING = {"ASAN_OPTIONS": "quarantine_size_mb=1:malloc_context_size=0"}


class Server:
    """`with Server(set, conninfo, "--page-size", "10") as server:`; leaving it stops the process and expects exit 0.

    Without a set it serves what the catalog shows, and looks at the catalog only when told to: tests count statements."""

    def __init__(self, descriptor_set, database, *flags, environment=None, wait=True):
        self.log = []
        self._errors = tempfile.TemporaryFile("w+")
        self._serving = threading.Event()
        self.address = None
        self.process = subprocess.Popen(
            [*shlex.split(os.environ.get("ROWAN_UNDER", "")), binary(), "serve", *self._declarations(descriptor_set), "--database", database,
             "--listen", "127.0.0.1:0", "--catalog-poll", "0", *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors, text=True,
            env={**os.environ, **(environment or {})})
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if wait:
            self.wait_until_serving()

    @staticmethod
    def _declarations(descriptor_set):
        return ["--introspect"] if descriptor_set is None else ["--descriptor-set", descriptor_set]

    def _read_log(self):
        for line in self.process.stdout:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"message": "not JSON", "line": line}
            self.log.append(entry)
            if entry.get("message") == "serving":
                self.address = entry["address"]
                self._serving.set()
        self._serving.set()

    def wait_until_serving(self, timeout=20):
        self._serving.wait(timeout)
        if self.address is None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"rowan did not come up: {self.log[-5:]} {self.errors()}")

    def errors(self):
        """What it wrote to stderr: sanitizers speak there."""
        self._errors.seek(0)
        return self._errors.read()

    def entries(self, message):
        return [entry for entry in self.log if entry.get("message") == message]

    def resident_bytes(self):
        return self._memory("VmRSS")

    def peak_bytes(self):
        """The most that was ever resident."""
        return self._memory("VmHWM")

    def _memory(self, name):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {name}")

    def cpu_seconds(self):
        """What the process has used of the processors so far."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def reload(self):
        """SIGHUP: descriptor set and catalog are to be read again."""
        self.process.send_signal(signal.SIGHUP)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=60):
        """The exit code; kills what does not end."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"rowan did not end within {timeout} s of SIGTERM: {self.log[-5:]}") from None
        self._reader.join(5)
        return self.process.returncode

    def stop(self):
        """SIGTERM, and a clean end: exit code 0, nothing from a sanitizer, only JSON in the log."""
        if self.process.poll() is None:
            self.terminate()
        code = self.wait()
        errors = self.errors()
        self._errors.close()
        assert code == 0, f"exit code {code}: {errors[-4000:]}"
        assert "Sanitizer" not in errors and "runtime error" not in errors, errors
        assert not self.entries("not JSON"), self.entries("not JSON")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def is_sanitized():
    """Memory is about doubled there."""
    return "ROWAN_SANITIZE:STRING=address" in (build_folder() / "CMakeCache.txt").read_text()


def run(*arguments, timeout=60, environment=None):
    """A rowan command to its end: its CompletedProcess, with text."""
    return subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(environment or {})})


def eventually(condition, within=10.0, every=0.05):
    """Waits until condition() is true, returns what it gave."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"still {value!r} after {within} s"
        time.sleep(every)

# SPDX-License-Identifier: Apache-2.0
"""A stage for real programs: network namespaces, devices, processes, and Weir watching them.

Whatever a test makes is gone after it: namespaces carry this process's id in their names, processes are ended by
their own. Knows the form of Weir's records; judges none.
"""
import atexit
import collections
import ctypes
import ipaddress
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WEIR = os.environ.get("WEIR_PROGRAM", str(ROOT / "build" / "weir"))
PATIENCE = 10  # seconds until a server that does not come up fails its test
ATTACHED = re.compile(r"^weir: (cgroup_skb at|tcx on|clsact on|XDP on|an AF_PACKET socket filter on)", re.M)
CLONE_NEWNET = 0x40000000
os.environ["PATH"] += ":/usr/sbin:/sbin"
_libc = ctypes.CDLL(None, use_errno=True)
_undo = {}  # what is still to be taken away, newest last: key -> function


def _take_away(key):
    undo = _undo.pop(key, None)
    if undo:
        undo()


def _take_all_away():
    for key in reversed(list(_undo)):
        _take_away(key)


atexit.register(_take_all_away)


def run(*command, check=True, **more):
    """Runs a command to its end; its output is text."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done


def until(condition, what, seconds=PATIENCE):
    """The condition's first true value. `what` is a sentence, or gives one when it is too late."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what() if callable(what) else what}")
        time.sleep(0.01)


class Namespace:
    """A network namespace; `with` it, this thread is inside."""
    _number = 0

    def __init__(self):
        Namespace._number += 1
        self.name = f"weir-net-{os.getpid()}-{Namespace._number}"
        run("ip", "netns", "add", self.name)
        _undo[self.name] = lambda: run("ip", "netns", "delete", self.name, check=False)
        self.path = f"/run/netns/{self.name}"
        self.inode = os.stat(self.path).st_ino
        self._outside = []
        self.ip("link", "set", "lo", "up")

    def __enter__(self):
        outside = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._outside.append(outside)
        inside = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        failed = _libc.setns(inside, CLONE_NEWNET)
        os.close(inside)
        if failed:
            raise OSError(ctypes.get_errno(), "setns")
        return self

    def __exit__(self, *_):
        outside = self._outside.pop()
        _libc.setns(outside, CLONE_NEWNET)
        os.close(outside)

    def inside(self, command):
        return ["nsenter", f"--net={self.path}", *map(str, command)]

    def run(self, *command, **more):
        return run(*self.inside(command), **more)

    def ip(self, *words):
        return run("ip", "-n", self.name, *words)

    def set(self, key, value):
        """One sysctl of this namespace: "ipv4.ip_forward"."""
        with self:
            pathlib.Path("/proc/sys/net", *key.split(".")).write_text(str(value))

    def socket(self, kind=socket.SOCK_STREAM, family=socket.AF_INET, protocol=0):
        with self:
            return socket.socket(family, kind, protocol)

    def counters(self):
        """What the namespace's protocols counted: "Tcp.OutSegs", "Ip6.OutRequests", ..."""
        with self:
            lines = pathlib.Path("/proc/thread-self/net/snmp").read_text().splitlines()
            lines += pathlib.Path("/proc/thread-self/net/netstat").read_text().splitlines()
            six = pathlib.Path("/proc/thread-self/net/snmp6").read_text().splitlines()
        found = collections.Counter()  # a counter that is not there yet is 0
        for names, values in zip(lines[::2], lines[1::2]):
            room = names.split(":")[0]
            found.update({f"{room}.{name}": int(value) for name, value in zip(names.split()[1:], values.split()[1:])})
        for line in six:
            name, value = line.split()
            found[re.sub("^(Ip6|Icmp6|Udp6)", r"\1.", name)] = int(value)
        return found

    def statistics(self, device):
        """The device's own counters: {"rx": {"packets", "bytes", ...}, "tx": {...}}."""
        return json.loads(self.ip("-s", "-j", "link", "show", "dev", device).stdout)[0]["stats64"]

    def index(self, device):
        return json.loads(self.ip("-j", "link", "show", "dev", device).stdout)[0]["ifindex"]

    def nft(self, *rules):
        for rule in rules:
            self.run("nft", rule)

    def offload(self, device, switch):
        names = ["tx", "rx", "sg", "tso", "gso", "gro", "tx-udp-segmentation"]
        words = [word for name in names for word in (name, switch)]
        self.run("ethtool", "-K", device, *words)

    def has_listener(self, port, udp=False):
        rooms = ["udp", "udp6"] if udp else ["tcp", "tcp6"]
        with self:
            for room in rooms:
                for line in pathlib.Path("/proc/thread-self/net", room).read_text().splitlines()[1:]:
                    fields = line.split()
                    if fields[1].endswith(f":{port:04X}") and (udp or fields[3] == "0A"):
                        return True
        return False


def remove_what_the_dead_left():
    """Namespaces of test runs that were killed."""
    for entry in pathlib.Path("/run/netns").glob("weir-net-*"):
        if not pathlib.Path("/proc", entry.name.split("-")[2]).exists():
            run("ip", "netns", "delete", entry.name, check=False)


class Link:
    """A veth pair between two namespaces: device names, addresses of both ends."""

    def __init__(self, left, right, number=0, names=("veth0", "veth0")):
        self.namespaces, self.devices = (left, right), names
        # Addresses of this process's own: other runs of these tests may go on at the same time.
        block = (os.getpid() * 8 + number) % 16384
        self.prefix4 = f"10.{64 + block // 256}.{block % 256}"
        self.prefix6 = f"fd87:{os.getpid() % 65536:x}:{number:x}::"
        self.left, self.right = f"{self.prefix4}.1", f"{self.prefix4}.2"
        self.left6, self.right6 = (str(ipaddress.ip_address(self.prefix6 + end)) for end in "12")
        run("ip", "link", "add", names[0], "netns", left.name, "type", "veth", "peer", "name", names[1], "netns",
            right.name)
        for namespace, device, four, six in ((left, names[0], self.left, self.left6),
                                             (right, names[1], self.right, self.right6)):
            with namespace:
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{device}/router_solicitations").write_text("0")
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{device}/dad_transmits").write_text("0")
            namespace.ip("address", "add", f"{four}/24", "dev", device)
            namespace.ip("address", "add", f"{six}/64", "dev", device, "nodad")
            namespace.ip("link", "set", device, "up")


class Process:
    """A program in the background; ended by its id."""

    def __init__(self, command, folder, label):
        self.log = folder / f"{label}-{len(list(folder.iterdir()))}"
        self.out_path, self.err_path = self.log.with_suffix(".out"), self.log.with_suffix(".err")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=err)
        self.pid = self.child.pid
        _undo[f"process {self.pid}"] = self._kill

    def _kill(self):
        if self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(3)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def out(self):
        return self.out_path.read_text(errors="replace")

    def err(self):
        return self.err_path.read_text(errors="replace")

    def send(self, number):
        os.kill(self.pid, number)

    def wait(self, seconds=PATIENCE):
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.child.args} did not end within {seconds} s: {self.err()[-500:]}") from None
        _take_away(f"process {self.pid}")
        return code

    def end(self):
        _take_away(f"process {self.pid}")


def parts_of(value, *path):
    """value["a"]["b"], or None where something is missing."""
    for word in path:
        if not isinstance(value, dict) or word not in value:
            return None
        value = value[word]
    return value


class Flow:
    """All records of one flow: counters summed, the rest as the last one says."""

    def __init__(self, records):
        self.records = sorted(records, key=lambda record: record["part"])
        self.last = self.records[-1]
        self.state = self.last["state"]
        self.source, self.destination = self._end("source"), self._end("destination")
        self.packets = self.source["packets"] + self.destination["packets"]
        self.bytes = self.source["bytes"] + self.destination["bytes"]

    def _end(self, name):
        end = dict(self.last[name])
        for counter in ("packets", "bytes", "retransmits"):
            end[counter] = sum(record[name].get(counter, 0) for record in self.records)
        end["pid"] = parts_of(end, "process", "pid")
        end["comm"] = parts_of(end, "process", "comm")
        end["flags"] = parts_of(self.last, "tcp", "flags", name) or ""
        return end

    @property
    def transport(self):
        return self.last["network"].get("transport")

    @property
    def interfaces(self):
        names = parts_of(self.last, "network", "interface", "name") or []
        return [names] if isinstance(names, str) else names

    def has(self, **wanted):
        """port=: of either end; address=: of either end; transport=, netns=."""
        for name, value in wanted.items():
            if name in ("port", "address"):
                if value not in (self.source.get(name), self.destination.get(name)):
                    return False
            elif name == "source_port":
                if self.source.get("port") != value:
                    return False
            elif name == "transport":
                if self.transport != value:
                    return False
            elif name == "netns":
                if self.last["network"].get("netns") != value:
                    return False
            else:
                raise TypeError(name)
        return True

    def __repr__(self):
        def end(value):
            return (f"{value['address']}:{value.get('port', '')} pid={value['pid']} {value['comm']} "
                    f"packets={value['packets']} bytes={value['bytes']} {value['flags']}")
        return (f"<{self.transport} {end(self.source)} -> {end(self.destination)} {self.state} parts={len(self.records)}"
                f" netns={self.last['network'].get('netns')} {self.interfaces}>")


class Seen:
    """What a run of Weir wrote."""

    def __init__(self, out, err, code):
        self.err, self.code, self.text = err, code, out
        self.records = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.losses = [record for record in self.records if record["type"] == "loss"]
        groups = {}
        for record in self.records:
            if record["type"] != "flow":
                continue
            key = json.dumps([record["source"]["address"], record["source"].get("port"),
                              record["destination"]["address"], record["destination"].get("port"),
                              record["network"].get("netns"), record["network"].get("transport"),
                              record.get("icmp"), record["start"]])
            groups.setdefault(key, []).append(record)
        self.flows = [Flow(records) for records in groups.values()]

    def having(self, **wanted):
        return [flow for flow in self.flows if flow.has(**wanted)]


class Watch(Process):
    """A running `weir flows`, attached."""

    def __init__(self, folder, arguments, namespace=None, form="json", wait=True, environment=None):
        command = [WEIR, "flows", *(["-o", form] if form else []), *arguments]
        if namespace:
            command = namespace.inside(command)
        super().__init__(command, folder, "weir")
        if wait:
            until(lambda: ATTACHED.search(self.err()) or self.child.poll() is not None, "Weir is attached")
            if self.child.poll() is not None:
                raise AssertionError(f"weir ended with {self.child.returncode}: {self.err()}")

    def records(self):
        """Those written so far."""
        text = self.out()
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def seen(self):
        return Seen(self.out(), self.err(), self.child.returncode)

    def stop(self, number=signal.SIGINT):
        self.send(number)
        self.wait()
        return self.seen()


class Scene(unittest.TestCase):
    """A test with namespaces and programs that are gone when it ends."""
    longMessage = True

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-net-"))
        _undo[str(self.folder)] = lambda: shutil.rmtree(self.folder, ignore_errors=True)
        self.addCleanup(self._strike, set(_undo) - {str(self.folder)})

    @staticmethod
    def _strike(before):
        for key in reversed([key for key in _undo if key not in before]):
            _take_away(key)

    def pair(self, number=0):
        """Two namespaces with a veth pair: (left, right, link)."""
        left, right = Namespace(), Namespace()
        return left, right, Link(left, right, number)

    def watch(self, *arguments, **more):
        return Watch(self.folder, arguments, **more)

    def start(self, namespace, *command, label=None):
        return Process(namespace.inside(command) if namespace else command, self.folder,
                       label or pathlib.Path(str(command[0])).name)

    def serve(self, namespace, port, *command, udp=False):
        """A server, once it listens."""
        server = self.start(namespace, *command)
        until(lambda: namespace.has_listener(port, udp) or server.child.poll() is not None, f"a listener on {port}")
        if server.child.poll() is not None:
            raise AssertionError(f"{command[0]} ended: {server.err()[-800:]}")
        return server

    def script(self, namespace, port, text, *arguments, udp=False):
        """A python server."""
        return self.serve(namespace, port, sys.executable, "-c", text, *arguments, udp=udp)

    def the_flow(self, seen, **wanted):
        """The only flow that is like this."""
        found = seen.having(**wanted)
        self.assertEqual(1, len(found), f"flows with {wanted}: {found}; all of those namespaces: "
                                        f"{[flow for flow in seen.flows if flow.has(**self._where(wanted))]}")
        return found[0]

    @staticmethod
    def _where(wanted):
        return {name: value for name, value in wanted.items() if name in ("netns", "address")}


class _Report(unittest.TextTestResult):
    """One line a test: "ok SENTENCE", "not ok SENTENCE: why", "skip SENTENCE: why"."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = 0
        self.began = time.monotonic()

    @staticmethod
    def sentence(test):
        return getattr(test, "_testMethodName", str(test)).removeprefix("test_").replace("_", " ")

    def startTest(self, test):
        unittest.TestResult.startTest(self, test)
        self.began = time.monotonic()

    def _say(self, word, test, more=""):
        print(f"{word} {self.sentence(test)}{more}", flush=True)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.passed += 1
        self._say("ok", test, f" ({time.monotonic() - self.began:.1f} s)")

    def _bad(self, test, error):
        print(self._exc_info_to_string(error, test), flush=True)
        self._say("not ok", test, ": " + " ".join(str(error[1]).split())[:500])

    def addFailure(self, test, error):
        unittest.TestResult.addFailure(self, test, error)
        self._bad(test, error)

    def addError(self, test, error):
        unittest.TestResult.addError(self, test, error)
        self._bad(test, error)

    def addSubTest(self, test, subtest, error):
        unittest.TestResult.addSubTest(self, test, subtest, error)
        if error:
            print(f"in {subtest._subDescription()}:")
            self._bad(test, error)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self._say("skip", test, ": " + reason)


def main():
    """Runs the tests of the calling file; names given on the command line choose those that contain one of them."""
    def stop(*_):
        _take_all_away()
        os._exit(1)
    signal.signal(signal.SIGTERM, stop)
    remove_what_the_dead_left()
    module = sys.modules["__main__"]
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    chosen = unittest.TestSuite()
    for case in [test for group in suite for test in group]:
        if not sys.argv[1:] or any(word in case.id() for word in sys.argv[1:]):
            chosen.addTest(case)
    stream = unittest.runner._WritelnDecorator(sys.stdout)
    report = _Report(stream, False, 0)
    try:
        chosen.run(report)
    finally:
        _take_all_away()
    failed = len(report.failures) + len(report.errors)
    print(f"{report.passed} passed, {failed} failed, {len(report.skipped)} skipped")
    sys.exit(1 if failed else 0)

# SPDX-License-Identifier: Apache-2.0
"""What the tests of `weir packets` live have in common: its run, its captures, traffic of numbered datagrams."""
import json
import os
import re
import signal
import socket
import struct
import sys

import stage
from traces_test import left_of

OWN = os.getpid()
PORT = 7777
COUNTED = re.compile(r"^(\d+) packets? captured\n(\d+) packets? received by filter\n(\d+) packets? dropped by kernel$",
                     re.M)
# Sends numbered datagrams; its arguments: address, port, how many, size.
NUMBERED = """
import socket, struct, sys
address, port, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    out.sendto(struct.pack("!I", number).ljust(size, b"x"), (address, port))
"""


class Capture(stage.Process):
    """A running `weir packets`, attached."""

    def __init__(self, folder, arguments, namespace=None):
        command = [stage.WEIR, "packets", *arguments]
        super().__init__(namespace.inside(command) if namespace else command, folder, "packets")
        stage.until(lambda: stage.ATTACHED.search(self.err()) or self.child.poll() is not None, "Weir is attached")
        if self.child.poll() is not None and not stage.ATTACHED.search(self.err()):
            raise AssertionError(f"weir ended with {self.child.returncode}: {self.err()}")

    def stop(self, number=signal.SIGINT):
        if self.child.poll() is None:
            self.send(number)
        return self.wait()

    def counted(self):
        """tcpdump's three numbers: captured, received by filter, dropped by kernel."""
        return [int(number) for number in COUNTED.findall(self.err())[-1]]

    def records(self):
        return [json.loads(line) for line in self.out().splitlines()]


def pcap_packets(path):
    """(link type, [(captured bytes, length on the wire)]) of a plain capture."""
    data = path.read_bytes()
    link = struct.unpack_from("=I", data, 20)[0]
    packets, at = [], 24
    while at < len(data):
        _, _, captured, length = struct.unpack_from("=IIII", data, at)
        packets.append((data[at + 16:at + 16 + captured], length))
        at += 16 + captured
    return link, packets


def numbers(link, packets):
    """Of NUMBERED's datagrams, in the order of the capture."""
    skip = (14 if link == 1 else 0) + 20 + 8
    return [struct.unpack_from("!I", packet, skip)[0] for packet, _ in packets]


def hooks_of(namespace):
    """What stands at the hooks of the namespace's device."""
    filters = [namespace.run("tc", "filter", "show", "dev", "veth0", way).stdout for way in ("ingress", "egress")]
    device = json.loads(namespace.ip("-j", "link", "show", "dev", "veth0").stdout)[0]
    qdiscs = [qdisc["kind"] for qdisc in json.loads(namespace.run("tc", "-j", "qdisc", "show", "dev", "veth0").stdout)]
    return filters, device.get("xdp"), qdiscs


def is_gone(held):
    try:
        return not left_of(held)
    except AssertionError:  # bpftool met a link that somebody was just making
        return False


def owner(record):
    for end in ("source", "destination"):
        pid = stage.parts_of(record, end, "process", "pid")
        if pid is not None:
            return pid
    return stage.parts_of(record, "process", "pid")


class PacketScene(stage.Scene):
    """A client and a server joined by a veth pair without chatter of its own."""

    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()
        for namespace in (self.client, self.server):
            namespace.set("ipv6.conf.veth0.disable_ipv6", 1)
        self.client.run("busybox", "ping", "-c", "1", self.link.right)

    def capture(self, *arguments, namespace=None):
        return Capture(self.folder, arguments, namespace=namespace or self.server)

    def receiver(self, port=PORT):
        made = self.server.socket(socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.bind((self.link.right, port))
        return made

    def send(self, count, size=100, port=PORT):
        sender = self.start(self.client, sys.executable, "-c", NUMBERED, self.link.right, port, count, size)
        self.assertEqual(0, sender.wait(30), sender.err())
        return sender.pid

    SERVE = ("import socket\nl = socket.create_server(('0.0.0.0', 9000))\nwhile True:\n    c, _ = l.accept()\n"
             "    c.sendall(bytes(200000)); c.close()\n")

    def serve_zeros(self):
        self.serving = self.script(self.server, 9000, self.SERVE)
        return self.serving

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`weir packets` live: the packets of an accepted connection belong to the worker that accepted it, from its accept on."""
import collections
import sys

import stage
from packets_stage import PacketScene, owner

SERVER_PORT = 7000
# Five workers accept from the listener that their parent made, greet with who they are, and answer until it ends.
PRE_FORKING = """
import os, signal, socket, sys
listener = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
workers = []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"%d\\n" % os.getpid())
            while connection.recv(1000): connection.sendall(bytes(3000))
            connection.close()
    workers.append(pid)
def stop(*_):
    for pid in workers: os.kill(pid, signal.SIGKILL)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
signal.pause()
"""
# Eight processes at a time; each reads the greeting, asks three times and closes. Prints "PORT OWN_PID WORKER_PID".
CLIENTS = """
import os, socket, sys
addresses, count = sys.argv[1:3], int(sys.argv[3])
def talk(address):
    connection = socket.create_connection((address, 7000))
    greeting = connection.recv(100)
    for _ in range(3):
        connection.sendall(b"more")
        left = 3000
        while left: left -= len(connection.recv(left))
    port = connection.getsockname()[1]
    connection.close()
    os.write(1, b"%d %d %s" % (port, os.getpid(), greeting))
for begin in range(0, count, 8):
    children = []
    for number in range(begin, min(count, begin + 8)):
        pid = os.fork()
        if pid == 0:
            talk(addresses[number % 2])
            os._exit(0)
        children.append(pid)
    for pid in children: os.waitpid(pid, 0)
"""
CONNECTIONS = 40


class Workers(PacketScene):
    def setUp(self):
        super().setUp()
        for namespace in (self.client, self.server):
            namespace.set("ipv6.conf.veth0.disable_ipv6", 0)
        for namespace, address in ((self.client, self.link.left6), (self.server, self.link.right6)):
            namespace.ip("address", "replace", f"{address}/64", "dev", "veth0", "nodad")

    def begin_serving(self):
        self.parent = self.script(self.server, SERVER_PORT, PRE_FORKING)

    def talk(self):
        """{client's port: (client's pid, worker's pid)}"""
        clients = self.start(self.client, sys.executable, "-c", CLIENTS, self.link.right, self.link.right6, CONNECTIONS)
        self.assertEqual(0, clients.wait(30), clients.err())
        talks = {}
        for line in clients.out().splitlines():
            port, client, worker = map(int, line.split())
            talks[port] = (client, worker)
        self.assertEqual(CONNECTIONS, len(talks))
        self.assertGreater(len({worker for _, worker in talks.values()}), 1)
        self.assertNotIn(self.parent.pid, {worker for _, worker in talks.values()})
        return talks

    def server_packets(self, records):
        """{client's port: what passed at the server's end, in order}"""
        found = collections.defaultdict(list)
        for record in records:
            to_server = record["destination"]["port"] == SERVER_PORT
            if to_server == (record["network"]["direction"] == "ingress"):
                found[record["source" if to_server else "destination"]["port"]].append(record)
        return found

    def check_workers(self, capture, listens_already=True):
        if not listens_already:
            self.begin_serving()
        talks = self.talk()
        self.assertEqual(0, capture.stop(), capture.err())
        self.assertEqual(0, capture.counted()[2])
        records = capture.records()
        wrong = []
        packets = self.server_packets(records)
        self.assertEqual(set(talks), set(packets))
        for port, (_, worker) in talks.items():
            own = packets[port]
            # Until it is accepted, a connection is the listener's: SYN, SYN+ACK, ACK. The worker speaks first.
            greeting = next(at for at, record in enumerate(own) if record["packet"]["payload_bytes"])
            self.assertGreater(greeting, 1)
            self.assertEqual({self.parent.pid}, {owner(record) for record in own[:greeting]}, own[:greeting])
            later = own[greeting:]
            self.assertGreater(len(later), 8)
            self.assertEqual({"ingress", "egress"}, {record["network"]["direction"] for record in later})
            wrong += [(worker, owner(record), record) for record in later if owner(record) != worker]
        self.assertEqual([], wrong)
        return talks, records

    def test_at_tc_each_packet_belongs_to_the_worker_that_accepted(self):
        self.begin_serving()
        self.check_workers(self.capture("-i", "veth0", "-o", "json", f"tcp port {SERVER_PORT}"))

    def test_at_the_cgroup_each_packet_belongs_to_the_worker_and_at_the_other_end_to_the_client(self):
        hosts = f"(host {self.link.right} or host {self.link.right6})"
        talks, records = self.check_workers(self.capture("--hook", "cgroup", "-o", "json",
                                                         f"tcp port {SERVER_PORT} and {hosts}"),
                                            listens_already=False)
        for record in records:
            to_server = record["destination"]["port"] == SERVER_PORT
            if to_server == (record["network"]["direction"] == "egress"):
                port = record["source" if to_server else "destination"]["port"]
                if owner(record) is None:  # the last ACK: the client's socket is gone, TIME_WAIT answers
                    self.assertEqual(("A", 0), (record["tcp"]["flags"], record["packet"]["payload_bytes"]), record)
                else:
                    self.assertEqual(talks[port][0], owner(record), record)


if __name__ == "__main__":
    stage.main()

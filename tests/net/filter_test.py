#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A filter expression live: at every hook the flows that match are counted whole, and nothing else is seen."""
import fcntl
import os
import re
import signal
import socket
import struct

import stage
import interfaces_test
import traces_test
from traces_test import FREED_WITHIN, HOOKS, left_of, objects_of

WANTED, OTHER, LOST = 9001, 9002, 9003  # ports; the server's firewall drops what goes to the last
DROPPED = 666                           # by tests/net/neighbour.bpf.c
ASKED, ANSWERED = 40, 25                # datagrams
UDP4 = 28                               # octets of both headers
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000


def octets(datagrams):
    """Of datagrams whose payloads have 0, 1, 2, ... octets."""
    return sum(UDP4 + size for size in range(datagrams))


class Filter(stage.Scene):
    transfer = staticmethod(interfaces_test.Interfaces.transfer)

    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()
        for namespace in (self.client, self.server):
            namespace.set("ipv6.conf.veth0.disable_ipv6", 1)  # its own chatter would come at its own times
        self.client.run("busybox", "ping", "-c", "1", self.link.right)

    def udp_socket(self, namespace, address, port=0):
        made = namespace.socket(socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.bind((address, port))
        made.settimeout(stage.PATIENCE)
        return made

    def talk(self, port):
        """Datagrams there and back between two sockets; the client's port."""
        asker, answerer = self.udp_socket(self.client, self.link.left), self.udp_socket(self.server, self.link.right, port)
        for size in range(ASKED):
            asker.sendto(bytes(size), (self.link.right, port))
        for size in range(ASKED):
            data, caller = answerer.recvfrom(2000)
            self.assertEqual(size, len(data))
        for size in range(ANSWERED):
            answerer.sendto(bytes(size), caller)
        for size in range(ANSWERED):
            self.assertEqual(size, len(asker.recv(2000)))
        own = asker.getsockname()[1]
        asker.close()
        answerer.close()
        return own

    def segments(self):
        return [interfaces_test.segments(namespace) for namespace in (self.client, self.server)]

    def at(self, hook, expression):
        """Weir with a filter at the hook: at cgroup2's root of the whole node, else at the server's device."""
        return self.watch(*HOOKS[hook], *expression.split(), namespace=None if hook == "cgroup" else self.server)

    def ours(self, seen):
        """What was seen of the two namespaces."""
        return [flow for flow in seen.flows if self.link.right in (flow.source["address"], flow.destination["address"])]

    def check_udp(self, flow, port, asked=ASKED, answered=ANSWERED):
        self.assertEqual(
            ("udp", self.link.left, port, self.link.right, WANTED, asked, octets(asked), answered, octets(answered)),
            (flow.transport, flow.source["address"], flow.source["port"], flow.destination["address"],
             flow.destination["port"], flow.source["packets"], flow.source["bytes"], flow.destination["packets"],
             flow.destination["bytes"]), flow)

    # What matches, and what does not

    def test_at_every_hook_what_matches_is_counted_to_the_last_packet_and_nothing_else(self):
        for hook in HOOKS:
            with self.subTest(hook=hook):
                watch = self.at(hook, f"udp port {WANTED} and host {self.link.right}")
                self.talk(OTHER)
                port = self.talk(WANTED)
                self.transfer(self.client, self.server, self.link, 1000)
                self.client.run("busybox", "ping", "-c", "1", self.link.right)
                seen = watch.stop()
                answered = 0 if hook == "xdp" else ANSWERED
                self.assertEqual(1, len(seen.flows), seen.flows)
                self.check_udp(seen.flows[0], port, answered=answered)
                # Not even among what was seen: the rest did not get past the filter.
                self.assertRegex(seen.err, rf"seen {ASKED + answered} packets, .* in 1 flows?, 1 records?")
                self.assertEqual([], seen.losses)

    def test_a_tcp_connection_that_matches_is_counted_whole_with_its_owner(self):
        for hook in ("cgroup", "tc", "socket"):
            with self.subTest(hook=hook):
                watch = self.at(hook, f"tcp port 9000 and net {self.link.prefix4}.0/24")
                before = self.segments()
                port = self.transfer(self.client, self.server, self.link, 200_000)
                sent = [now - then for now, then in zip(self.segments(), before)]
                self.talk(WANTED)
                seen = watch.stop()
                self.assertEqual(1, len(seen.flows), seen.flows)
                flow = seen.flows[0]
                self.assertEqual((port, "closed", sent), (flow.source["port"], flow.state, [flow.source["packets"],
                                                          flow.destination["packets"]]), flow)
                self.assertEqual(os.getpid(), flow.destination["pid"], flow)

    def test_packets_of_a_flow_that_do_not_match_are_not_counted(self):
        for hook in ("cgroup", "tc"):
            with self.subTest(hook=hook):
                watch = self.at(hook, f"udp port {WANTED} and src host {self.link.left} and ip[2:2] >= {UDP4 + 10}")
                port = self.talk(WANTED)
                flow = self.the_flow(watch.stop(), source_port=port, address=self.link.right)
                self.assertEqual((ASKED - 10, octets(ASKED) - octets(10), 0),
                                 (flow.source["packets"], flow.source["bytes"], flow.destination["packets"]), flow)

    def test_two_weirs_with_different_filters_do_not_disturb_each_other(self):
        for hook in ("cgroup", "tc"):
            with self.subTest(hook=hook):
                watches = [self.at(hook, f"udp port {port} and host {self.link.right}") for port in (WANTED, OTHER)]
                ports = [self.talk(WANTED), self.talk(OTHER)]
                for watch, port in zip(watches, ports):
                    self.assertEqual([port], [flow.source["port"] for flow in watch.stop().flows])

    # Directions

    def test_inbound_and_outbound_mean_the_direction_at_the_device(self):
        for hook in ("tc", "socket"):
            for word, asked, answered in (("inbound", ASKED, 0), ("outbound", 0, ANSWERED)):
                with self.subTest(hook=hook, word=word):
                    watch = self.at(hook, f"{word} and udp port {WANTED}")
                    port = self.talk(WANTED)
                    flows = self.ours(watch.stop())
                    self.assertEqual(1, len(flows), flows)
                    # Who is seen sending first is the source.
                    sender = (self.link.left, port) if asked else (self.link.right, WANTED)
                    self.assertEqual((*sender, asked + answered, 0),
                                     (flows[0].source["address"], flows[0].source["port"], flows[0].source["packets"],
                                      flows[0].destination["packets"]), flows)

    def test_at_xdp_everything_is_inbound(self):
        for word, flows in (("inbound", 1), ("outbound", 0)):
            watch = self.at("xdp", f"{word} and udp port {WANTED}")
            self.talk(WANTED)
            self.assertEqual(flows, len(self.ours(watch.stop())), word)

    def test_at_the_default_hook_what_is_lost_on_the_way_is_outbound_only(self):
        self.server.nft("add table ip loss", "add chain ip loss input { type filter hook prerouting priority -300; }",
                        f"add rule ip loss input udp dport {LOST} drop")
        receiver = self.udp_socket(self.server, self.link.right, LOST)
        for word, flows in (("inbound", 0), ("outbound", 1)):
            watch = self.at("cgroup", f"{word} and udp port {LOST} and host {self.link.right}")
            sender = self.udp_socket(self.client, self.link.left)
            for _ in range(7):
                sender.sendto(b"lost", (self.link.right, LOST))
            self.assertEqual([7] * flows, [flow.source["packets"] for flow in self.ours(watch.stop())], word)
        receiver.settimeout(0)
        self.assertRaises(BlockingIOError, receiver.recv, 10)

    # Link headers

    def test_a_tagged_frame_matches_as_on_the_wire_at_every_device_hook(self):
        """The kernel strips the tag before tc and packet sockets see the frame: the filter puts it back."""
        with self.client:
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(raw.close)
        raw.bind(("veth0", 0x0800))
        udp = struct.pack("!HHHH", 1111, 2222, 12, 0) + b"tags"
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 4, 17, 0,
                             socket.inet_aton(self.link.left), socket.inet_aton(self.link.right)) + udp
        frame = bytes.fromhex("ffffffffffff020000000001") + struct.pack("!HHH", 0x8100, 7, 0x0800) + packet
        for hook in ("tc", "xdp", "socket"):
            for expression, packets in (("udp port 2222", 0), ("vlan 7 and udp port 2222", 5),
                                        ("vlan 8 and udp port 2222", 0), ("ether src 02:00:00:00:00:01 and vlan", 5)):
                with self.subTest(hook=hook, expression=expression):
                    watch = self.at(hook, expression)
                    for _ in range(5):
                        raw.send(frame)
                    self.assertEqual(packets, sum(flow.source["packets"] for flow in watch.stop().flows))

    def tun(self, name, address):
        """A device without link header in the client's namespace; what is written to it arrives there."""
        with self.client:
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            self.addCleanup(os.close, device)
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        self.client.set(f"ipv6.conf.{name}.disable_ipv6", 1)
        self.client.ip("address", "add", f"{address}/24", "dev", name)
        self.client.ip("link", "set", name, "up")
        return device

    def test_on_a_device_without_link_header_the_filter_begins_with_the_ip_header(self):
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("this kernel has no tun device (CONFIG_TUN): /dev/net/tun is missing")
        device = self.tun("tun0", "10.9.9.1")

        def arrive(port, times):
            udp = struct.pack("!HHHH", 1111, port, 12, 0) + b"tuns"
            packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 4, 17, 0, socket.inet_aton("10.9.9.2"),
                                 socket.inet_aton("10.9.9.3")) + udp
            for _ in range(times):
                os.write(device, packet)
        watch = self.watch("-i", "tun0", "udp", "port", str(WANTED), namespace=self.client)
        arrive(WANTED, 6)
        arrive(OTHER, 9)
        self.assertEqual([6], [flow.packets for flow in watch.stop().flows])
        # A link header is asked for: refused there; among all devices, that one is left out and named.
        refused = self.client.run(stage.WEIR, "flows", "-i", "tun0", "--for", "100ms", "ether", "multicast", check=False)
        self.assertEqual(2, refused.returncode, refused.stderr)
        self.assertIn("'ether' needs a link header", refused.stderr)
        watch = self.watch("-i", "any", "ether", "src", "02:00:00:00:00:01", namespace=self.client)
        arrive(WANTED, 3)
        seen = watch.stop()
        self.assertEqual([], seen.flows)
        self.assertRegex(seen.err, "not watched: tun0: .*'ether' needs a link header")

    # Connections that are older than Weir

    def test_open_connections_are_listed_only_where_their_addresses_and_ports_match(self):
        made = {}
        for port in (WANTED, OTHER):
            listener = self.server.socket()
            self.addCleanup(listener.close)
            listener.bind((self.link.right, port))
            listener.listen()
            caller = self.client.socket()
            self.addCleanup(caller.close)
            caller.connect((self.link.right, port))
            accepted, _ = listener.accept()
            self.addCleanup(accepted.close)
            made[port] = caller, accepted
        watch = self.at("cgroup", f"tcp dst port {WANTED} and dst host {self.link.right}")
        stage.until(lambda: watch.records(), "the open connection is listed")
        for caller, accepted in made.values():
            caller.sendall(b"x" * 100)
            self.assertEqual(100, len(accepted.recv(200)))
        seen = watch.stop()
        self.assertEqual([WANTED], [flow.destination["port"] for flow in seen.flows], seen.flows)
        # One data segment; its ACK goes the other way and does not match.
        self.assertEqual((1, 152, 0), (seen.flows[0].source["packets"], seen.flows[0].source["bytes"],
                                       seen.flows[0].destination["packets"]), seen.flows)

    # Refusals

    def test_what_cannot_be_asked_is_refused_with_its_word(self):
        for options, expression, word in (
                ([], "ether host 02:00:00:00:00:01", "'ether' needs a link header"),
                ([], "tcp and not vlan", "'vlan' needs a link header"),
                ([], "arp", "'arp' needs a link header"),
                ([], "tcp port", "'tcp port' on link type RAW"),
                ([], "port nosuchservice", "nosuchservice"),
                ([], "tcp and udp", "'tcp and udp' on link type RAW (101): expression rejects all packets"),
                (["-i", "veth0"], "protochain 6", "'protochain' loops over headers"),
                (["-i", "veth0"], "host 1.2.3.4.5", "1.2.3.4.5"),
                (["-i", "veth0", "--hook", "xdp"], "tcp port 99999", "99999")):
            with self.subTest(expression=expression):
                refused = self.server.run(stage.WEIR, "flows", "-o", "json", *options, "--for", "100ms",
                                          *expression.split(), check=False)
                self.assertEqual(2, refused.returncode, refused.stderr)
                self.assertIn(word, refused.stderr)
                self.assertEqual(1, refused.stderr.count("\n"), refused.stderr)
                self.assertEqual("", refused.stdout)

    # Neighbours and traces

    def test_a_neighbour_goes_on_dropping_what_matches_and_what_does_not(self):
        traces_test.Traces.setUpClass()
        self.addCleanup(traces_test.Traces.doClassCleanups)
        self.server.run("tc", "qdisc", "add", "dev", "veth0", "clsact")
        self.server.run("tc", "filter", "add", "dev", "veth0", "ingress", "bpf", "direct-action", "object-file",
                        traces_test.Traces.object, "section", "tc")
        receiver = self.udp_socket(self.server, self.link.right, DROPPED)
        receiver.settimeout(0)
        for port, counted in ((DROPPED, 5), (WANTED, ASKED + ANSWERED)):
            watch = self.at("tc", f"udp port {port}")
            sender = self.udp_socket(self.client, self.link.left)
            for _ in range(5):
                sender.sendto(b"dropped", (self.link.right, DROPPED))
            self.talk(WANTED)
            self.assertEqual([counted], [flow.packets for flow in watch.stop().flows])
            self.assertRaises(BlockingIOError, receiver.recv, 10)

    def test_with_a_filter_too_nothing_is_left_at_any_hook_however_weir_ends(self):
        for hook in HOOKS:
            for end in (signal.SIGINT, signal.SIGKILL):
                with self.subTest(hook=hook, end=end.name):
                    watch = self.at(hook, "tcp port 80 or udp")
                    held = objects_of(watch)
                    names = [entry["name"] for entry in stage.json.loads(stage.run("bpftool", "-j", "prog", "show").stdout)
                             if entry["id"] in held["prog"] and "name" in entry]
                    self.assertTrue([name for name in names if name.startswith("weir_f_")], names)
                    watch.send(end)
                    self.assertEqual(-signal.SIGKILL if end == signal.SIGKILL else 0, watch.wait())
                    stage.until(lambda: not left_of(held), lambda: f"nothing is left of {held} (left: {left_of(held)})",
                                FREED_WITHIN)

    def test_own_cost_counts_the_filter_and_what_is_behind_it(self):
        watch = self.at("tc", f"--cost udp port {WANTED}")
        self.talk(OTHER)
        self.talk(WANTED)
        seen = watch.stop()
        runs = re.search(r"(\d[\d,]*) runs", seen.err)
        self.assertTrue(runs, seen.err)
        # The packets of both: the filter ran for each of them.
        self.assertGreaterEqual(int(runs.group(1).replace(",", "")), 2 * (ASKED + ANSWERED))


if __name__ == "__main__":
    stage.main()

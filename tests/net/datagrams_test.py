#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Flows without connections: UDP with and without an answer, ICMP, multicast, DNS, fragments."""
import os
import socket
import struct

import stage

OWN = os.getpid()
UDP4 = 28  # octets of the IPv4 and UDP headers


class Datagrams(stage.Scene):
    def setUp(self):
        super().setUp()
        self.client, self.server, self.link = self.pair()

    def bound(self, namespace, address, port, family=socket.AF_INET):
        made = namespace.socket(socket.SOCK_DGRAM, family)
        self.addCleanup(made.close)
        made.settimeout(5)
        made.bind((address, port))
        return made

    def test_dig_and_dnsmasq_own_the_two_ends_of_a_question(self):
        dnsmasq = self.serve(self.server, 53, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
                             "--no-resolv", "--no-hosts", "--user=root", f"--pid-file={self.folder}/dnsmasq.pid",
                             "--address=/shop.example/10.1.2.3", udp=True)
        watch = self.watch()
        dig = self.start(self.client, "dig", "+short", "+tries=1", "-b", f"{self.link.left}#5353",
                         f"@{self.link.right}", "shop.example")
        self.assertEqual(0, dig.wait())
        self.assertEqual("10.1.2.3\n", dig.out())
        flow = self.the_flow(watch.stop(), source_port=5353, address=self.link.right, transport="udp")
        self.assertEqual((dig.pid, "dnsmasq", dnsmasq.pid, 53),
                         (flow.source["pid"], flow.destination["comm"], flow.destination["pid"],
                          flow.destination["port"]), flow)
        self.assertEqual((1, 1), (flow.source["packets"], flow.destination["packets"]), flow)

    def check_nobody(self, family, address, own_address):
        watch = self.watch()
        sender = self.client.socket(socket.SOCK_DGRAM, family)
        self.addCleanup(sender.close)
        sender.connect((address, 9999))
        port = sender.getsockname()[1]
        sender.send(b"anybody there?")
        sender.settimeout(5)
        self.assertRaises(ConnectionRefusedError, sender.recv, 10)
        seen = watch.stop()
        flow = self.the_flow(seen, source_port=port, address=address, transport="udp")
        self.assertEqual((own_address, OWN, 1, 0), (flow.source["address"], flow.source["pid"],
                                                    flow.source["packets"], flow.destination["packets"]), flow)
        return seen, flow

    def test_a_datagram_to_nobody_has_its_sender_and_no_answer(self):
        _, flow = self.check_nobody(socket.AF_INET, self.link.right, self.link.left)
        self.assertEqual(UDP4 + 14, flow.source["bytes"])
        _, flow = self.check_nobody(socket.AF_INET6, self.link.right6, self.link.left6)
        self.assertEqual(48 + 14, flow.source["bytes"])

    def test_at_an_interface_an_icmp_error_is_a_flow_and_rejects_the_one_it_quotes(self):
        watch = self.watch("-i", "veth0", namespace=self.client)
        sender = self.client.socket(socket.SOCK_DGRAM)
        sender.connect((self.link.right, 9999))
        port = sender.getsockname()[1]
        sender.send(b"anybody there?")
        sender.settimeout(5)
        self.assertRaises(ConnectionRefusedError, sender.recv, 10)
        sender.close()
        seen = watch.stop()
        flow = self.the_flow(seen, source_port=port, address=self.link.right, transport="udp")
        self.assertEqual(("rejected", 1, 0), (flow.state, flow.source["packets"], flow.destination["packets"]), flow)
        self.assertTrue(flow.last["icmp_error"])
        error = self.the_flow(seen, address=self.link.right, transport="icmp")
        self.assertEqual((3, 3, self.link.right), (error.last["icmp"]["type"], error.last["icmp"]["code"],
                                                   error.source["address"]), error)
        self.assertEqual((1, 20 + 8 + UDP4 + 14), (error.source["packets"], error.source["bytes"]))

    def test_ping_is_one_flow_with_the_echo_id(self):
        watch = self.watch()
        pinger = self.start(self.client, "busybox", "ping", "-c", "3", "-i", "0.1", self.link.right)
        self.assertEqual(0, pinger.wait())
        flow = self.the_flow(watch.stop(), address=self.link.right, transport="icmp")
        self.assertEqual((self.link.left, pinger.pid), (flow.source["address"], flow.source["pid"]), flow)
        self.assertEqual((3, 3), (flow.source["packets"], flow.destination["packets"]), flow)
        self.assertEqual((252, 252), (flow.source["bytes"], flow.destination["bytes"]), flow)
        self.assertEqual(8, flow.last["icmp"]["type"])
        self.assertIn("id", flow.last["icmp"])

    def test_two_pings_at_a_time_are_two_flows(self):
        watch = self.watch("-i", "veth0", namespace=self.client)
        pingers = [self.start(self.client, "busybox", "ping", "-c", "2", "-i", "0.1", self.link.right)
                   for _ in range(2)]
        for pinger in pingers:
            self.assertEqual(0, pinger.wait())
        flows = watch.stop().having(address=self.link.right, transport="icmp")
        self.assertEqual(2, len(flows), flows)
        self.assertEqual(2, len({flow.last["icmp"]["id"] for flow in flows}))
        for flow in flows:
            self.assertEqual((2, 2, self.link.left), (flow.source["packets"], flow.destination["packets"],
                                                      flow.source["address"]), flow)

    def test_ping_over_ipv6_is_one_flow_with_the_echo_id(self):
        watch = self.watch()
        pinger = self.start(self.client, "busybox", "ping", "-6", "-c", "2", "-i", "0.1", self.link.right6)
        self.assertEqual(0, pinger.wait(), pinger.err())
        seen = watch.stop()
        flows = [flow for flow in seen.having(address=self.link.right6, transport="ipv6-icmp")
                 if flow.last["icmp"]["type"] == 128]
        self.assertEqual(1, len(flows), seen.having(address=self.link.right6))
        self.assertEqual((2, 2, pinger.pid), (flows[0].source["packets"], flows[0].destination["packets"],
                                              flows[0].source["pid"]), flows)

    def test_unconnected_sockets_have_their_owners_and_exact_counts(self):
        for family, left, right, overhead in ((socket.AF_INET, self.link.left, self.link.right, UDP4),
                                              (socket.AF_INET6, self.link.left6, self.link.right6, 48)):
            receiver, sender = self.bound(self.server, right, 7000, family), self.bound(self.client, left, 7001, family)
            watch = self.watch()
            for size in range(20):
                sender.sendto(b"x" * size, (right, 7000))
                data, peer = receiver.recvfrom(100)
                if size % 2:
                    receiver.sendto(data * 2, peer)
                    sender.recv(100)
            flow = self.the_flow(watch.stop(), port=7000, address=right, transport="udp")
            self.assertEqual((7001, OWN, OWN), (flow.source["port"], flow.source["pid"], flow.destination["pid"]), flow)
            self.assertEqual((20, 20 * overhead + 190), (flow.source["packets"], flow.source["bytes"]), flow)
            self.assertEqual((10, 10 * overhead + 200), (flow.destination["packets"], flow.destination["bytes"]), flow)

    def test_a_multicast_packet_to_two_receivers_counts_once(self):
        group = "239.7.7.7"
        receivers = []
        for _ in range(2):
            receiver = self.server.socket(socket.SOCK_DGRAM)
            self.addCleanup(receiver.close)
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            receiver.bind((group, 5007))
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                socket.inet_aton(group) + socket.inet_aton(self.link.right))
            receiver.settimeout(5)
            receivers.append(receiver)
        sender = self.bound(self.client, self.link.left, 5008)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self.link.left))
        watch = self.watch()
        for _ in range(10):
            sender.sendto(b"news", (group, 5007))
            for receiver in receivers:
                self.assertEqual(b"news", receiver.recv(10))
        flow = self.the_flow(watch.stop(), source_port=5008, address=group, transport="udp")
        self.assertEqual((10, 10 * (UDP4 + 4), 0), (flow.source["packets"], flow.source["bytes"],
                                                    flow.destination["packets"]), flow)
        self.assertEqual(OWN, flow.source["pid"])

    def test_multicast_from_outside_to_two_receivers_counts_by_one_of_them(self):
        """The sender's half is not seen when it bypasses sockets: a raw frame."""
        group = "239.7.7.8"
        receivers = []
        for _ in range(2):
            receiver = self.server.socket(socket.SOCK_DGRAM)
            self.addCleanup(receiver.close)
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            receiver.bind((group, 5009))
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                socket.inet_aton(group) + socket.inet_aton(self.link.right))
            receiver.settimeout(5)
            receivers.append(receiver)
        self.client.set("ipv4.ping_group_range", "0 2147483647")
        with self.client:
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(raw.close)
        raw.bind(("veth0", 0x0800))
        watch = self.watch()
        for _ in range(6):
            raw.send(ethernet("01:00:5e:07:07:08") + udp4(self.link.left, group, 5010, 5009, b"news"))
            for receiver in receivers:
                self.assertEqual(b"news", receiver.recv(10))
        flow = self.the_flow(watch.stop(), source_port=5010, address=group, transport="udp")
        self.assertEqual((6, OWN), (flow.source["packets"], flow.destination["pid"]), flow)

    def test_a_socket_that_talks_to_itself_counts_each_packet_once(self):
        own = self.bound(self.client, "127.0.0.1", 6001)
        own.connect(("127.0.0.1", 6001))
        watch = self.watch()
        for _ in range(7):
            own.send(b"me")
            self.assertEqual(b"me", own.recv(10))
        flow = self.the_flow(watch.stop(), source_port=6001, transport="udp", netns=self.client.inode)
        self.assertEqual((7, 0), (flow.source["packets"], flow.destination["packets"]), flow)
        self.assertEqual((OWN, OWN), (flow.source["pid"], flow.destination["pid"]), flow)

    def test_a_large_datagram_is_one_packet_for_sockets_and_its_fragments_at_an_interface(self):
        sender, receiver = self.bound(self.client, self.link.left, 4001), self.bound(self.server, self.link.right, 4000)
        sockets, device = self.watch(), self.watch("-i", "veth0", namespace=self.server)
        before = self.client.counters()
        for _ in range(5):
            sender.sendto(b"f" * 4000, (self.link.right, 4000))
            self.assertEqual(4000, len(receiver.recv(5000)))
        fragments = self.client.counters()["Ip.FragCreates"] - before["Ip.FragCreates"]
        self.assertEqual(15, fragments)
        flow = self.the_flow(sockets.stop(), source_port=4001, address=self.link.right, transport="udp")
        self.assertEqual((5, 5 * (UDP4 + 4000)), (flow.source["packets"], flow.source["bytes"]), flow)
        seen = device.stop()
        flow = self.the_flow(seen, address=self.link.right, transport="udp")
        self.assertEqual((fragments, 5 * (3 * 20 + 8 + 4000), 4001),
                         (flow.source["packets"], flow.source["bytes"], flow.source["port"]), flow)

    def test_a_large_ipv6_datagram_is_one_flow_at_an_interface(self):
        sender = self.bound(self.client, self.link.left6, 4003, socket.AF_INET6)
        receiver = self.bound(self.server, self.link.right6, 4002, socket.AF_INET6)
        device = self.watch("-i", "veth0", namespace=self.server)
        for _ in range(5):
            sender.sendto(b"f" * 4000, (self.link.right6, 4002))
            self.assertEqual(4000, len(receiver.recv(5000)))
        flow = self.the_flow(device.stop(), address=self.link.right6, transport="udp")
        self.assertEqual((15, 5 * (3 * 48 + 8 + 4000), 4003),
                         (flow.source["packets"], flow.source["bytes"], flow.source["port"]), flow)


def ethernet(destination):
    return bytes.fromhex(destination.replace(":", "")) + bytes.fromhex("020000000001") + b"\x08\x00"


def udp4(source, destination, source_port, destination_port, data):
    udp = struct.pack("!HHHH", source_port, destination_port, 8 + len(data), 0) + data
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 4, 17, 0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    total = sum(struct.unpack("!10H", header))
    total = (total >> 16) + (total & 0xffff)
    total += total >> 16
    return header[:10] + struct.pack("!H", ~total & 0xffff) + header[12:] + udp


if __name__ == "__main__":
    stage.main()

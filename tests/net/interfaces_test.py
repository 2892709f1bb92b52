#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""With -i: packets and octets are the devices' own, whatever the hook; a packet that crosses several counts once."""
import os
import socket
import struct
import sys
import threading
import time

import stage
from totals_test import FLOOD

OWN = os.getpid()
LINK_HEADER = 14


def segments(namespace):
    """What its sockets sent; OutSegs leaves retransmissions out."""
    counted = namespace.counters()
    return counted["Tcp.OutSegs"] + counted["Tcp.RetransSegs"]


class Interfaces(stage.Scene):
    def quiet_pair(self):
        """Without IPv6, whose own chatter would come at its own times, and with neighbours known: no ARP."""
        left, right, link = self.pair()
        for namespace in (left, right):
            namespace.set("ipv6.conf.veth0.disable_ipv6", 1)
        left.run("busybox", "ping", "-c", "1", link.right)
        return left, right, link

    @staticmethod
    def transfer(client, server, link, octets, port=0):
        """One TCP connection that carries `octets` each way; the client's port."""
        listener = server.socket()
        listener.bind((link.right, 9000))
        listener.listen()
        connection = client.socket()
        connection.bind((link.left, port))
        connection.connect((link.right, 9000))
        accepted, _ = listener.accept()
        port = connection.getsockname()[1]
        for sender, receiver in ((connection, accepted), (accepted, connection)):
            feeder = threading.Thread(target=sender.sendall, args=(bytes(octets),))
            feeder.start()
            left = octets
            while left:
                left -= len(receiver.recv(min(left, 1 << 20)))
            feeder.join()
        for sender, receiver in ((connection, accepted), (accepted, connection)):
            sender.shutdown(socket.SHUT_WR)
            assert receiver.recv(1) == b""
        for each in (connection, accepted, listener):
            each.close()
        return port

    @staticmethod
    def difference(after, before):
        return {way: {name: after[way][name] - before[way][name] for name in ("packets", "bytes")}
                for way in ("rx", "tx")}

    def check_against_device(self, *options, arriving_only=False):
        """TCP, UDP and ping cross a veth without offloads: Weir's sums are the device's counters."""
        client, server, link = self.quiet_pair()
        for namespace in (client, server):
            namespace.offload("veth0", "off")
        watch = self.watch("-i", "veth0", *options, namespace=server)
        before = server.statistics("veth0"), server.counters()
        port = self.transfer(client, server, link, 300_000)
        sender = client.socket(socket.SOCK_DGRAM)
        for size in range(100):
            sender.sendto(b"u" * size, (link.right, 7))  # nobody there: ICMP errors come back, few by their rate limit
        client.run("busybox", "ping", "-c", "2", "-i", "0.1", "-s", "900", link.right)
        after = server.statistics("veth0"), server.counters()
        seen = watch.stop()
        sender.close()
        change = self.difference(after[0], before[0])
        arrived = {"packets": 0, "bytes": 0}
        left = {"packets": 0, "bytes": 0}
        for flow in seen.flows:
            for end in (flow.source, flow.destination):
                for counter in ("packets", "bytes"):
                    (arrived if end["address"] == link.left else left)[counter] += end[counter]
        self.assertEqual((change["rx"]["packets"], change["rx"]["bytes"] - LINK_HEADER * change["rx"]["packets"]),
                         (arrived["packets"], arrived["bytes"]), seen.flows)
        if arriving_only:
            self.assertEqual(0, left["packets"])
        else:
            self.assertEqual((change["tx"]["packets"], change["tx"]["bytes"] - LINK_HEADER * change["tx"]["packets"]),
                             (left["packets"], left["bytes"]), seen.flows)
        flow = self.the_flow(seen, source_port=port)
        self.assertEqual(["veth0"], flow.interfaces)
        return flow

    def test_at_tc_packets_and_octets_are_those_of_the_device(self):
        flow = self.check_against_device()
        self.assertEqual(("closed", OWN), (flow.state, flow.destination["pid"]), flow)
        self.assertEqual(("SPAF", "SPAF"), (flow.source["flags"], flow.destination["flags"]))

    def test_at_xdp_arriving_packets_and_octets_are_those_of_the_device(self):
        flow = self.check_against_device("--hook", "xdp", arriving_only=True)
        self.assertEqual((9000, OWN, "SPAF", ""), (flow.destination["port"], flow.destination["pid"],
                                                   flow.source["flags"], flow.destination["flags"]), flow)

    def test_at_a_packet_socket_packets_and_octets_are_those_of_the_device(self):
        flow = self.check_against_device("--hook", "socket")
        self.assertEqual(("closed", "SPAF", "SPAF"), (flow.state, flow.source["flags"], flow.destination["flags"]), flow)

    def test_with_offloads_the_segments_of_each_buffer_count(self):
        client, server, link = self.quiet_pair()
        watch = self.watch("-i", "veth0", namespace=client)
        before = client.counters(), server.counters(), client.statistics("veth0")
        port = self.transfer(client, server, link, 20_000_000)
        after = client.counters(), server.counters(), client.statistics("veth0")
        flow = self.the_flow(watch.stop(), source_port=port)
        sent, again = [[now[name] - then[name] for now, then in zip(after[:2], before[:2])]
                       for name in ("Tcp.OutSegs", "Tcp.RetransSegs")]
        self.assertEqual([sent[0] + again[0], sent[1] + again[1]], [flow.source["packets"], flow.destination["packets"]],
                         flow)
        for end in (flow.source, flow.destination):
            if any(again):  # the other end's headers then have SACK options
                self.assertLessEqual(52 * end["packets"] + 8 + 20_000_000, end["bytes"], flow)
            else:
                self.assertEqual(52 * end["packets"] + 8 + 20_000_000, end["bytes"], flow)
        buffers = after[2]["tx"]["packets"] - before[2]["tx"]["packets"]
        self.assertLess(buffers * 4, flow.source["packets"])

    def bridge(self):
        """Two namespaces joined by a bridge in a third: (client, server, link between the hosts, the switch)."""
        switch, hosts = stage.Namespace(), [stage.Namespace(), stage.Namespace()]
        switch.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        links = [stage.Link(switch, host, number, names=(f"port{number}", "veth0"))
                 for number, host in enumerate(hosts)]
        for number, (host, link) in enumerate(zip(hosts, links)):
            switch.set(f"ipv6.conf.port{number}.disable_ipv6", 1)
            host.set("ipv6.conf.veth0.disable_ipv6", 1)
            switch.ip("address", "flush", "dev", f"port{number}")
            switch.ip("link", "set", f"port{number}", "master", "br0")
            host.ip("address", "flush", "dev", "veth0")
        switch.set("ipv6.conf.br0.disable_ipv6", 1)
        switch.ip("link", "set", "br0", "up")
        link = links[0]
        hosts[0].ip("address", "add", f"{link.left}/24", "dev", "veth0")
        hosts[1].ip("address", "add", f"{link.right}/24", "dev", "veth0")
        stage.until(lambda: hosts[0].run("busybox", "ping", "-c", "1", "-W", "1", link.right,
                                         check=False).returncode == 0, "the bridge forwards")
        return hosts[0], hosts[1], link, switch

    def check_bridge(self, *names, hook=()):
        client, server, link, switch = self.bridge()
        arguments = [word for name in names for word in ("-i", name)]
        watch = self.watch(*arguments, *hook, namespace=switch)
        before = client.counters(), server.counters()
        port = self.transfer(client, server, link, 500_000)
        after = client.counters(), server.counters()
        flow = self.the_flow(watch.stop(), source_port=port)
        again = [now["Tcp.RetransSegs"] - then["Tcp.RetransSegs"] for now, then in zip(after, before)]
        sent = [now["Tcp.OutSegs"] - then["Tcp.OutSegs"] + more for now, then, more in zip(after, before, again)]
        self.assertEqual(sent, [flow.source["packets"], flow.destination["packets"]], flow)
        self.assertEqual(again, [flow.source["retransmits"], flow.destination["retransmits"]], flow)
        return flow

    def test_a_packet_that_crosses_both_ports_of_a_bridge_counts_once(self):
        flow = self.check_bridge("port0", "port1")
        self.assertEqual(["port0", "port1"], flow.interfaces)

    def test_a_packet_that_crosses_any_interface_counts_once(self):
        flow = self.check_bridge("any")
        self.assertLessEqual({"port0", "port1"}, set(flow.interfaces))

    def test_packet_sockets_on_both_ports_of_a_bridge_count_once(self):
        flow = self.check_bridge("port0", "port1", hook=("--hook", "socket"))
        self.assertEqual(["port0", "port1"], flow.interfaces)

    def test_traffic_of_the_bridge_itself_counts_once_on_bridge_and_port(self):
        client, _, link, switch = self.bridge()
        address = f"{link.prefix4}.9"
        switch.ip("address", "add", f"{address}/24", "dev", "br0")
        client.run("busybox", "ping", "-c", "1", address)
        link.right = address
        watch = self.watch("-i", "br0", "-i", "port0", namespace=switch)
        before = segments(client), segments(switch)
        port = self.transfer(client, switch, link, 200_000)
        after = segments(client), segments(switch)
        flow = self.the_flow(watch.stop(), source_port=port)
        self.assertEqual([now - then for now, then in zip(after, before)],
                         [flow.source["packets"], flow.destination["packets"]], flow)
        self.assertEqual({"br0", "port0"}, set(flow.interfaces))

    def test_a_router_sees_what_it_forwards(self):
        client, router, inner = self.pair(0)
        server = stage.Namespace()
        outer = stage.Link(router, server, 1, names=("veth1", "veth0"))
        router.set("ipv4.ip_forward", 1)
        client.ip("route", "add", "default", "via", inner.right)
        server.ip("route", "add", "default", "via", outer.left)
        watch = self.watch("-i", "veth0", "-i", "veth1", namespace=router)
        before = segments(client), segments(server)
        inner.right = outer.right
        port = self.transfer(client, server, inner, 100_000)
        after = segments(client), segments(server)
        flow = self.the_flow(watch.stop(), source_port=port)
        self.assertEqual([now - then for now, then in zip(after, before)],
                         [flow.source["packets"], flow.destination["packets"]], flow)
        self.assertEqual({"veth0", "veth1"}, set(flow.interfaces))

    def test_tagged_frames_count_for_the_flow_inside(self):
        """802.1Q and 802.1ad by hand, for kernels without VLAN devices."""
        client, server, link = self.quiet_pair()
        with client:
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(raw.close)
        raw.bind(("veth0", 0x0800))
        udp = struct.pack("!HHHH", 1111, 2222, 12, 0) + b"tags"
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 4, 17, 0, socket.inet_aton(link.left),
                             socket.inet_aton(link.right)) + udp
        addresses = bytes.fromhex("ffffffffffff020000000001")
        frames = [addresses + struct.pack("!HHH", 0x8100, 7, 0x0800) + packet,
                  addresses + struct.pack("!HHHHH", 0x88a8, 3, 0x8100, 7, 0x0800) + packet]
        for hook in ("tc", "xdp", "socket"):
            watch = self.watch("-i", "veth0", "--hook", hook, namespace=server)
            for frame in frames:
                for _ in range(3):
                    raw.send(frame)
            flow = self.the_flow(watch.stop(), source_port=1111, transport="udp")
            self.assertEqual((6, 6 * len(packet)), (flow.source["packets"], flow.source["bytes"]), (hook, flow))

    def test_frames_that_are_not_ip_are_counted_apart(self):
        client, server, _ = self.quiet_pair()
        with client:
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.addCleanup(raw.close)
        raw.bind(("veth0", 0x88b5))
        watch = self.watch("-i", "veth0", namespace=server)
        for _ in range(5):
            raw.send(bytes.fromhex("ffffffffffff020000000001") + b"\x88\xb5" + bytes(46))  # IEEE local experimental
        seen = watch.stop()
        self.assertRegex(seen.err, r"5 .*not IP|not IP.* 5")

    def test_ten_million_datagrams_over_an_interface_are_ten_million(self):
        client, server, link = self.quiet_pair()
        sink = server.socket(socket.SOCK_DGRAM)
        self.addCleanup(sink.close)
        sink.bind((link.right, 9))
        watch = self.watch("-i", "veth0", namespace=client)
        program = self.start(client, sys.executable, "-c", FLOOD, link.right, 9, 10_000_000, 40000)
        self.assertEqual(0, program.wait(60), program.err())
        seen = watch.stop()
        self.assertEqual([], seen.losses)
        flow = self.the_flow(seen, source_port=40000)
        self.assertEqual((10_000_000, 10_000_000 * 92), (flow.source["packets"], flow.source["bytes"]))

    def test_both_ends_of_a_veth_in_one_namespace_count_once(self):
        """The packet leaves by one device and arrives by the other: -i on both is still one packet."""
        client, server, link = self.quiet_pair()
        for names in (("-i", "veth0"), ("-i", "veth0", "-i", "lo")):
            watch = self.watch(*names, namespace=client)
            before = segments(client)
            port = self.transfer(client, server, link, 1000)
            sent = segments(client) - before
            flow = self.the_flow(watch.stop(), source_port=port)
            self.assertEqual((sent, OWN), (flow.source["packets"], flow.source["pid"]), flow)

    def test_on_loopback_each_packet_counts_once(self):
        namespace = stage.Namespace()
        link = type("Loopback", (), {"left": "127.0.0.1", "right": "127.0.0.1"})
        watch = self.watch("-i", "lo", namespace=namespace)
        before = segments(namespace)
        port = self.transfer(namespace, namespace, link, 50_000)
        sent = segments(namespace) - before
        flow = self.the_flow(watch.stop(), source_port=port)
        self.assertEqual((sent, OWN, OWN), (flow.packets, flow.source["pid"], flow.destination["pid"]), flow)

    def test_with_any_a_device_that_comes_later_is_watched(self):
        client = stage.Namespace()
        watch = self.watch("-i", "any", namespace=client)
        server = stage.Namespace()
        link = stage.Link(client, server, 5)
        # Each sweep looks for new devices; traffic before it is not seen.
        for attempt in range(20):
            time.sleep(0.3)
            self.transfer(client, server, link, 100, port=4000 + attempt)
            if any(record["source"]["address"] == link.left for record in watch.records()):
                break
        seen = watch.stop()
        self.assertTrue([flow for flow in seen.having(address=link.right, transport="tcp")
                         if flow.interfaces == ["veth0"]], seen.flows)


if __name__ == "__main__":
    stage.main()

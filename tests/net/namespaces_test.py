#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is one flow and what is two when namespaces and NAT are between: halves are joined where they mirror."""
import os
import socket
import sys

import stage

OWN = os.getpid()


class Namespaces(stage.Scene):
    @staticmethod
    def talk(client_namespace, server_namespace, client, server, octets, family=socket.AF_INET, dialled=None):
        """One TCP connection; `dialled`: what the client connects to where that is not the server's address."""
        listener = server_namespace.socket(family=family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(server)
        listener.listen()
        connection = client_namespace.socket(family=family)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        connection.bind(client)
        connection.connect(dialled or server)
        accepted, _ = listener.accept()
        connection.sendall(b"x" * octets)
        assert len(accepted.recv(octets, socket.MSG_WAITALL)) == octets
        connection.shutdown(socket.SHUT_WR)
        assert accepted.recv(1) == b""
        accepted.close()
        assert connection.recv(1) == b""
        for each in (connection, listener):
            each.close()

    def test_the_same_loopback_tuple_in_two_namespaces_is_two_flows(self):
        namespaces = [stage.Namespace(), stage.Namespace()]
        watch = self.watch()
        for namespace, octets in zip(namespaces, (100, 20000)):
            self.talk(namespace, namespace, ("127.0.0.1", 5001), ("127.0.0.1", 80), octets)
        seen = watch.stop()
        for namespace, octets in zip(namespaces, (100, 20000)):
            flow = self.the_flow(seen, source_port=5001, netns=namespace.inode, transport="tcp")
            self.assertEqual(("closed", "127.0.0.1", "127.0.0.1", 80),
                             (flow.state, flow.source["address"], flow.destination["address"],
                              flow.destination["port"]), flow)
            # Sent once, though loopback shows each packet twice to the same hook.
            self.assertEqual(52 * flow.source["packets"] + 8 + octets, flow.source["bytes"], flow)
            self.assertEqual((OWN, OWN), (flow.source["pid"], flow.destination["pid"]))

    def test_loopback_counts_what_the_sockets_sent(self):
        namespace = stage.Namespace()
        watch = self.watch()
        before = namespace.counters()
        self.talk(namespace, namespace, ("127.0.0.1", 5002), ("127.0.0.1", 80), 1_000_000)
        self.talk(namespace, namespace, ("::1", 5002), ("::1", 80), 1_000_000, socket.AF_INET6)
        after = namespace.counters()
        sent = sum(after[name] - before[name] for name in ("Tcp.OutSegs", "Tcp.RetransSegs"))
        flows = watch.stop().having(source_port=5002, netns=namespace.inode)
        self.assertEqual(2, len(flows), flows)
        self.assertEqual(sent, sum(flow.packets for flow in flows), flows)

    def test_the_same_own_address_in_two_namespaces_is_two_flows(self):
        namespaces = [stage.Namespace(), stage.Namespace()]
        address = f"10.{64 + os.getpid() % 64}.{os.getpid() // 64 % 256}.77"
        for namespace in namespaces:
            namespace.ip("address", "add", f"{address}/32", "dev", "lo")
        watch = self.watch()
        for namespace, octets in zip(namespaces, (100, 20000)):
            self.talk(namespace, namespace, (address, 5003), (address, 80), octets)
        seen = watch.stop()
        for namespace, octets in zip(namespaces, (100, 20000)):
            flow = self.the_flow(seen, source_port=5003, netns=namespace.inode, transport="tcp")
            self.assertEqual(52 * flow.source["packets"] + 8 + octets, flow.source["bytes"], flow)

    def test_link_local_addresses_of_two_pairs_are_two_flows(self):
        """fe80::1 and fe80::2 on both veth pairs: the same tuple, other hosts."""
        pairs = [self.pair(number) for number in range(2)]
        for left, right, _ in pairs:
            left.ip("address", "add", "fe80::1/64", "dev", "veth0", "nodad")
            right.ip("address", "add", "fe80::2/64", "dev", "veth0", "nodad")
        watch = self.watch()
        for (left, right, _), octets in zip(pairs, (100, 20000)):
            self.talk(left, right, ("fe80::1", 5004, 0, left.index("veth0")),
                      ("fe80::2", 80, 0, right.index("veth0")), octets, socket.AF_INET6,
                      ("fe80::2", 80, 0, left.index("veth0")))
        seen = watch.stop()
        for (left, right, _), octets in zip(pairs, (100, 20000)):
            for namespace in (left, right):  # each end is a flow of its own: link-local halves never join
                flow = self.the_flow(seen, source_port=5004, netns=namespace.inode, transport="tcp")
                self.assertEqual(72 * flow.source["packets"] + 8 + octets, flow.source["bytes"], flow)

    def test_destination_nat_in_the_output_chain_is_one_flow_with_both_addresses(self):
        client, server, link = self.pair()
        virtual = "198.51.100.7"
        client.ip("route", "add", f"{virtual}/32", "via", link.right)
        client.nft("add table ip nat", "add chain ip nat output { type nat hook output priority -100; }",
                   f"add rule ip nat output ip daddr {virtual} tcp dport 80 dnat to {link.right}:8080")
        watch = self.watch()
        before = client.counters()["Tcp.OutSegs"], server.counters()["Tcp.OutSegs"]
        self.talk(client, server, (link.left, 5005), (link.right, 8080), 5000, dialled=(virtual, 80))
        after = client.counters()["Tcp.OutSegs"], server.counters()["Tcp.OutSegs"]
        flows = watch.stop().having(source_port=5005, address=link.left)
        flows = [flow for flow in flows if flow.source["address"] == link.left]
        self.assertEqual(1, len(flows), flows)
        flow = flows[0]
        self.assertEqual((virtual, 80), (flow.destination["address"], flow.destination["port"]), flow)
        self.assertEqual({"ip": link.right, "port": 8080}, flow.destination["nat"])
        self.assertNotIn("nat", flow.source)
        self.assertEqual((OWN, OWN, "closed"), (flow.source["pid"], flow.destination["pid"], flow.state))
        self.assertEqual([now - then for now, then in zip(after, before)],
                         [flow.source["packets"], flow.destination["packets"]], flow)

    def test_destination_nat_to_a_server_in_the_same_namespace_is_one_flow(self):
        namespace, _, link = self.pair()
        virtual = "198.51.100.8"
        namespace.ip("route", "add", f"{virtual}/32", "dev", "lo")
        namespace.nft("add table ip nat", "add chain ip nat output { type nat hook output priority -100; }",
                      f"add rule ip nat output ip daddr {virtual} tcp dport 80 dnat to {link.left}:8080")
        watch = self.watch()
        before = namespace.counters()["Tcp.OutSegs"]
        self.talk(namespace, namespace, (link.left, 5006), (link.left, 8080), 5000, dialled=(virtual, 80))
        sent = namespace.counters()["Tcp.OutSegs"] - before
        flow = self.the_flow(watch.stop(), source_port=5006, netns=namespace.inode)
        self.assertEqual((virtual, 80, {"ip": link.left, "port": 8080}),
                         (flow.destination["address"], flow.destination["port"], flow.destination["nat"]), flow)
        self.assertEqual((OWN, OWN), (flow.source["pid"], flow.destination["pid"]))
        self.assertEqual(sent, flow.packets, flow)

    def test_source_nat_on_a_router_between_is_two_flows(self):
        """The default hook sees sockets, not the router: what the two ends speak differs, and is not guessed."""
        client, router, inner = self.pair(0)
        server = stage.Namespace()
        outer = stage.Link(router, server, 1, names=("veth1", "veth0"))
        router.set("ipv4.ip_forward", 1)
        client.ip("route", "add", "default", "via", inner.right)
        router.nft("add table ip nat", "add chain ip nat out { type nat hook postrouting priority 100; }",
                   "add rule ip nat out oifname veth1 masquerade")
        watch = self.watch()
        self.talk(client, server, (inner.left, 5007), (outer.right, 80), 3000)
        seen = watch.stop()
        own = self.the_flow(seen, address=inner.left, port=80)
        other = self.the_flow(seen, address=outer.left, port=80)
        self.assertEqual((client.inode, OWN, None), (own.last["network"]["netns"], own.source["pid"],
                                                     own.destination["pid"]))
        self.assertEqual((server.inode, None, OWN), (other.last["network"]["netns"], other.source["pid"],
                                                     other.destination["pid"]))
        self.assertEqual([own.source["packets"], own.destination["bytes"]],
                         [other.source["packets"], other.destination["bytes"]])

    def test_a_routed_connection_between_two_namespaces_is_one_flow(self):
        client, router, inner = self.pair(0)
        server = stage.Namespace()
        outer = stage.Link(router, server, 1, names=("veth1", "veth0"))
        router.set("ipv4.ip_forward", 1)
        client.ip("route", "add", "default", "via", inner.right)
        server.ip("route", "add", "default", "via", outer.left)
        watch = self.watch()
        before = client.counters()["Tcp.OutSegs"], server.counters()["Tcp.OutSegs"]
        self.talk(client, server, (inner.left, 5008), (outer.right, 80), 3000)
        after = client.counters()["Tcp.OutSegs"], server.counters()["Tcp.OutSegs"]
        flow = self.the_flow(watch.stop(), address=inner.left, port=80)
        self.assertEqual([now - then for now, then in zip(after, before)],
                         [flow.source["packets"], flow.destination["packets"]], flow)
        self.assertEqual((OWN, OWN), (flow.source["pid"], flow.destination["pid"]))

    def test_an_ipv6_socket_that_speaks_ipv4_has_an_ipv4_flow(self):
        client, server, link = self.pair()
        watch = self.watch()
        self.talk(client, server, (f"::ffff:{link.left}", 5009), (f"::ffff:{link.right}", 80), 1000, socket.AF_INET6)
        flow = self.the_flow(watch.stop(), source_port=5009, address=link.right)
        self.assertEqual(("ipv4", "closed", OWN, OWN), (flow.last["network"]["type"], flow.state,
                                                        flow.source["pid"], flow.destination["pid"]), flow)
        self.assertEqual(52 * flow.source["packets"] + 8 + 1000, flow.source["bytes"], flow)

    def test_weir_inside_a_namespace_sees_the_whole_node_at_the_default_hook(self):
        client, server, link = self.pair()
        elsewhere = stage.Namespace()
        watch = self.watch(namespace=elsewhere)
        self.talk(client, server, (link.left, 5010), (link.right, 80), 1000)
        flow = self.the_flow(watch.stop(), source_port=5010, address=link.right)
        self.assertEqual((OWN, OWN, "closed"), (flow.source["pid"], flow.destination["pid"], flow.state))


if __name__ == "__main__":
    stage.main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each end of a flow belongs to the process that talked: servers of every kind, short-lived clients, old sockets."""
import os
import re
import socket
import sys
import time

import stage

NGINX = """
daemon off;
user root;
{processes}
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 80; listen [::]:80; keepalive_timeout 0; location / {{ return 200 "$pid\\n"; }} }}
}}
"""

THREADED = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = b"%d" % os.getpid()
        self.send_response(200); self.send_header("Content-Length", str(len(text))); self.end_headers()
        self.wfile.write(text)
    def log_message(self, *words): pass
http.server.ThreadingHTTPServer(("", 8080), Answer).serve_forever()
"""

# Five workers accept from the listener that their parent made, and tell who they are.
PRE_FORKING = """
import os, socket, signal, sys
listener = socket.create_server(("", 7000), backlog=64)
workers = []
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        while True:
            connection, _ = listener.accept()
            connection.recv(100)
            connection.sendall(b"%d" % os.getpid())
            connection.close()
    workers.append(pid)
def stop(*_):
    for pid in workers: os.kill(pid, signal.SIGKILL)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(*workers, flush=True)
signal.pause()
"""

# Each client is a process of its own: connects, asks, ends. Prints "PORT OWN_PID SERVER_PID".
CLIENTS = """
import os, socket, sys
for _ in range(int(sys.argv[3])):
    pid = os.fork()
    if pid == 0:
        connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
        connection.sendall(b"GET")
        answer = b""
        while (more := connection.recv(100)): answer += more
        os.write(1, b"%d %d %s\\n" % (connection.getsockname()[1], os.getpid(), answer))
        os._exit(0)
    os.waitpid(pid, 0)
"""


class Owners(stage.Scene):
    def nginx(self, namespace, processes):
        configuration = self.folder / "nginx.conf"
        configuration.write_text(NGINX.format(folder=self.folder, processes=processes))
        return self.serve(namespace, 80, "nginx", "-c", configuration)

    def curl(self, namespace, url):
        """(curl's pid, its port, what the server answered)."""
        client = self.start(namespace, "curl", "-s", "-w", "%{local_port}", url)
        self.assertEqual(0, client.wait())
        answer, port = re.fullmatch(r"(\d+)\n(\d+)", client.out()).groups()
        return client.pid, int(port), int(answer)

    def wait_until_closed(self, namespace):
        """Until no connection is left in the namespace but those in TIME_WAIT."""
        for _ in range(100):
            left = self.start(namespace, "ss", "-Htn", "state", "connected", "exclude", "time-wait")
            self.assertEqual(0, left.wait())
            if not left.out().strip():
                return
            time.sleep(0.05)
        self.fail("connections stay open: " + left.out())

    def check_curl_and_nginx(self, processes, is_worker):
        client, server, link = self.pair()
        master = self.nginx(server, processes)
        watch = self.watch()
        asked = [(4, *self.curl(client, f"http://{link.right}/")), (6, *self.curl(client, f"http://[{link.right6}]/"))]
        self.wait_until_closed(server)  # curl is gone before nginx has answered its FIN
        seen = watch.stop()
        for version, curl_pid, port, nginx_pid in asked:
            flow = self.the_flow(seen, source_port=port, address=link.right if version == 4 else link.right6)
            self.assertEqual(is_worker, nginx_pid != master.pid)
            self.assertEqual((curl_pid, "curl"), (flow.source["pid"], flow.source["comm"]), flow)
            self.assertEqual((nginx_pid, "nginx"), (flow.destination["pid"], flow.destination["comm"]), flow)
            self.assertEqual(80, flow.destination["port"])
            self.assertEqual("closed", flow.state, flow)
            for end in (flow.source, flow.destination):
                self.assertLessEqual(set("SAF"), set(end["flags"]), flow)
            self.assertGreater(flow.last["tcp"]["handshake_ns"], 0)
            self.assertGreater(flow.last["tcp"]["srtt_ns"], 0)
            self.assertNotIn("partial", flow.last)

    def test_curl_and_the_only_nginx_process_own_their_connection(self):
        self.check_curl_and_nginx("master_process off;", False)

    def test_curl_and_the_nginx_worker_own_their_connection_not_the_master(self):
        self.check_curl_and_nginx("worker_processes 3;", True)

    def test_a_threaded_server_owns_the_connections_of_all_its_threads(self):
        client, server, link = self.pair()
        program = self.script(server, 8080, THREADED)
        watch = self.watch()
        curls = [self.start(client, "curl", "-s", "-w", " %{local_port}", f"http://{link.right}:8080/")
                 for _ in range(8)]
        for curl in curls:
            self.assertEqual(0, curl.wait())
        seen = watch.stop()
        for curl in curls:
            answer, port = curl.out().split()
            self.assertEqual(program.pid, int(answer))
            flow = self.the_flow(seen, source_port=int(port), address=link.right)
            self.assertEqual((curl.pid, program.pid), (flow.source["pid"], flow.destination["pid"]), flow)

    def test_each_worker_of_a_pre_forking_server_owns_what_it_accepted(self):
        client, server, link = self.pair()
        parent = self.script(server, 7000, PRE_FORKING)
        watch = self.watch()
        clients = self.start(client, sys.executable, "-c", CLIENTS, link.right, 7000, 100)
        self.assertEqual(0, clients.wait(30))
        seen = watch.stop()
        workers, wrong = set(), []
        for line in clients.out().splitlines():
            port, client_pid, worker_pid = map(int, line.split())
            self.assertNotEqual(parent.pid, worker_pid)
            workers.add(worker_pid)
            flow = self.the_flow(seen, source_port=port, address=link.right)
            if (flow.source["pid"], flow.destination["pid"]) != (client_pid, worker_pid):
                wrong.append((client_pid, worker_pid, flow))
        self.assertEqual(100, len(clients.out().splitlines()))
        self.assertGreater(len(workers), 1)
        self.assertEqual([], wrong)

    def test_200_short_lived_clients_on_one_node_all_have_their_owners(self):
        client, server, link = self.pair()
        self.script(server, 7000, PRE_FORKING)
        watch = self.watch()
        groups = [self.start(client, sys.executable, "-c", CLIENTS, link.right, 7000, 50) for _ in range(4)]
        for group in groups:
            self.assertEqual(0, group.wait(30))
        seen = watch.stop()
        talks = [tuple(map(int, line.split())) for group in groups for line in group.out().splitlines()]
        self.assertEqual(200, len(talks))
        owners = {flow.source["port"]: (flow.source["pid"], flow.destination["pid"], flow.state)
                  for flow in seen.having(address=link.right, transport="tcp")}
        wrong = [(port, *pids, owners.get(port)) for port, *pids in talks if owners.get(port) != (*pids, "closed")]
        self.assertEqual([], wrong)

    def test_sockets_older_than_weir_are_listed_at_once_and_counted_later(self):
        client, server, link = self.pair()
        listener = server.socket()
        listener.bind((link.right, 9000))
        listener.listen()
        connection = client.socket()
        connection.connect((link.right, 9000))
        accepted, _ = listener.accept()
        port = connection.getsockname()[1]
        began = time.monotonic()
        watch = self.watch()
        listed = [record for record in watch.records() if record["source"].get("port") == port]
        self.assertEqual(1, len(listed), listed)
        self.assertLess(time.monotonic() - began, 5)
        record = listed[0]
        self.assertTrue(record["partial"])
        self.assertEqual(("open", 0, 0), (record["state"], record["source"]["packets"],
                                          record["destination"]["packets"]))
        self.assertEqual((link.left, link.right, 9000), (record["source"]["address"],
                                                         record["destination"]["address"],
                                                         record["destination"]["port"]))
        self.assertEqual((os.getpid(), os.getpid()), (record["source"]["process"]["pid"],
                                                      record["destination"]["process"]["pid"]))
        before = client.counters()["Tcp.OutSegs"], server.counters()["Tcp.OutSegs"]
        accepted.sendall(b"x" * 1000)
        self.assertEqual(1000, len(connection.recv(1000, socket.MSG_WAITALL)))
        connection.close()
        accepted.close()
        after = client.counters()["Tcp.OutSegs"], server.counters()["Tcp.OutSegs"]
        flow = self.the_flow(watch.stop(), port=port, address=link.right)
        self.assertEqual((link.left, link.right), (flow.source["address"], flow.destination["address"]))
        self.assertEqual((after[0] - before[0], after[1] - before[1]),
                         (flow.source["packets"], flow.destination["packets"]), flow)
        self.assertEqual("closed", flow.state)
        self.assertTrue(flow.last["partial"])
        listener.close()

    def test_an_accepted_socket_handed_to_a_child_stays_with_its_server(self):
        """inetd's way: the server accepts, a child that it starts talks."""
        client, server, link = self.pair()
        text = ("import os, socket, subprocess, sys\n"
                "listener = socket.create_server(('', 7100))\n"
                "while True:\n"
                "    connection, _ = listener.accept()\n"
                "    subprocess.run(['busybox', 'echo', 'hello'], stdout=connection.fileno())\n"
                "    connection.close()\n")
        inetd = self.script(server, 7100, text)
        watch = self.watch()
        connection = client.socket()
        connection.connect((link.right, 7100))
        port = connection.getsockname()[1]
        self.assertEqual(b"hello\n", connection.makefile("rb").read())
        connection.close()
        flow = self.the_flow(watch.stop(), source_port=port, address=link.right)
        self.assertEqual((os.getpid(), inetd.pid), (flow.source["pid"], flow.destination["pid"]))


if __name__ == "__main__":
    stage.main()

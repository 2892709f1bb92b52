#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir lab list, show, dump and btf: what they say agrees with bpftool, on the same objects."""
import datetime
import json
import os
import re
import subprocess
import time
import unittest

import stage
from stage import PINS, bpftool, lab, lab_json


class Lists(stage.Scene):
    def own(self, kind, number):
        return next(one for one in lab_json("list", kind) if one["id"] == number)

    def test_programs_agree_with_bpftool(self):
        for other in bpftool("prog", "show"):
            own = next((one for one in lab_json("list", "progs") if one["id"] == other["id"]), None)
            if own is None or other["id"] not in (self.program_id("lab_xdp"),
                                                  self.program_id("lab_a_name_longer_than_15")):
                continue  # others' programs come and go
            for key in ("type", "name", "tag", "gpl_compatible", "uid", "bytes_xlated", "jited", "bytes_jited",
                        "bytes_memlock", "map_ids", "btf_id"):
                self.assertEqual(other.get(key), own.get(key), key)
            loaded = datetime.datetime.fromisoformat(own["loaded_at"][:19] + "+00:00").timestamp()
            self.assertLessEqual(abs(loaded - other["loaded_at"]), 1)
        self.assertEqual("lab_a_name_longer_than_15", self.own("progs", self.program_id("lab_a_name_longer_than_15"))["name"])
        self.assertEqual([str(PINS / "lab_xdp")], self.own("progs", self.program_id("lab_xdp"))["pinned"])

    def test_maps_agree_with_bpftool(self):
        for pin in sorted(PINS.iterdir()):
            if pin.name.startswith("lab_xdp") or pin.name.startswith("lab_a_name"):
                continue
            other = bpftool("map", "show", "pinned", pin)
            own = self.own("maps", other["id"])
            for key in ("type", "name", "flags", "bytes_key", "bytes_value", "max_entries", "bytes_memlock"):
                self.assertEqual(other.get(key) or None, own.get(key) or None, (pin, key))
            self.assertEqual(other.get("btf_id"), own.get("btf_id"), pin)
            self.assertEqual(bool(other["frozen"]), own["frozen"])
            self.assertEqual([str(pin)], own["pinned"])

    def test_who_holds_a_map_is_told(self):
        # A reader of the map that stays: this process, by the pin's own descriptor.
        holder = subprocess.Popen([stage.WEIR, "lab", "map", str(PINS / "lab_percpu"), "watch", "--interval", "1m"])
        try:
            for _ in range(50):
                time.sleep(0.1)
                pids = [one["pid"] for one in self.own("maps", self.map_id("lab_percpu")).get("pids", [])]
                if pids:
                    break
            self.assertEqual([holder.pid], pids)
        finally:
            holder.terminate()
            holder.wait()

    def test_links_and_the_network_agree_with_bpftool(self):
        namespace = f"weir-lab-{os.getpid()}"
        stage.run("ip", "netns", "add", namespace)
        try:
            inside = ["nsenter", f"--net=/run/netns/{namespace}"]
            stage.run("ip", "-n", namespace, "link", "set", "lo", "up")
            stage.run(*inside, "bpftool", "net", "attach", "xdpgeneric", "pinned", PINS / "lab_xdp", "dev", "lo")
            other = json.loads(stage.run(*inside, "bpftool", "-j", "net").stdout)[0]["xdp"]
            own = [json.loads(line) for line in stage.run(*inside, stage.WEIR, "lab", "list", "net", "-o",
                                                          "json").stdout.splitlines()]
            own = [one for one in own if one["hook"].startswith("xdp")]
            self.assertEqual([(one["devname"], one["id"]) for one in other], [(one["devname"], one["id"]) for one in own])
            self.assertEqual("lab_xdp", own[0]["name"])
        finally:
            stage.run("ip", "netns", "delete", namespace)
        watch = subprocess.Popen([stage.WEIR, "flows", "--for", "20s"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            links = []
            for _ in range(100):
                time.sleep(0.1)
                links = [one for one in lab_json("list", "links") if any(pid["pid"] == watch.pid
                                                                         for pid in one.get("pids", []))]
                if len(links) >= 3:
                    break
            others = {one["id"]: one for one in bpftool("link", "show")}
            compared = 0
            for own in links:
                other = others.get(own["id"])
                if other is None:
                    continue
                compared += 1
                for key in ("type", "prog_id", "tp_name", "attach_type", "cgroup_id"):
                    if key in other and not isinstance(other[key], int) or key == "prog_id":
                        self.assertEqual(other[key], own.get(key), key)
            self.assertGreaterEqual(compared, 3)
        finally:
            watch.terminate()
            watch.wait()

    def test_names_alone_are_for_the_shell(self):
        self.assertIn("lab_everything", lab("list", "maps", "-o", "names").stdout.split())
        self.assertIn("lab_xdp", lab("list", "progs", "-o", "names").stdout.split())

    def test_watch_tells_calls_and_their_time(self):
        packet = self.folder / "packet"
        packet.write_bytes(bytes(64))
        watch = subprocess.Popen([stage.WEIR, "lab", "list", "--watch", "--interval", "1500ms", "-c", "1", "-o", "json"],
                                 stdout=subprocess.PIPE, text=True)
        time.sleep(0.7)
        stage.run("bpftool", "prog", "run", "pinned", PINS / "lab_xdp", "data_in", packet, "repeat", 500)
        records = [json.loads(line) for line in watch.communicate(timeout=20)[0].splitlines()]
        own = next(one for one in records if one["id"] == self.program_id("lab_xdp"))
        # BPF_PROG_TEST_RUN is counted as one run or as many, by kernel; where it is not at all, nothing is told.
        self.assertEqual("xdp", own["type"])
        self.assertIn(own["runs"], (0, 1, 500, 501))

    def test_instructions_agree_with_bpftool(self):
        for name in ("lab_xdp", "lab_a_name_longer_than_15"):
            other = bpftool("prog", "dump", "xlated", "pinned", PINS / name, "linum")
            own = lab_json("dump", PINS / name)
            self.assertEqual([one["disasm"] for one in other if "disasm" in one], [one["disasm"] for one in own])
            # Each line of source that bpftool puts before an instruction.
            lines = [one for one in other if one.get("line_num")]
            for one in lines:
                self.assertIn((one["line_num"], one["src"].strip()),
                              {(line["source"]["line"], line["source"].get("text", "")) for line in own if "source" in line})
            self.assertTrue(lines)
        functions = {one["function"] for one in lab_json("dump", PINS / "lab_xdp")}
        self.assertEqual({"lab_xdp", "count"}, functions)
        self.assertIn("lab_traffic", {one.get("map") for one in lab_json("dump", PINS / "lab_xdp")})

    def test_machine_code_is_the_kernels(self):
        # Debian's bpftool has no disassembler; it knows how many bytes there are.
        own = lab_json("dump", PINS / "lab_xdp", "--jit")
        self.assertEqual(bpftool("prog", "show", "pinned", PINS / "lab_xdp")["bytes_jited"],
                         sum(len(one["bytes"]) // 2 for one in own))
        self.assertEqual(["lab_xdp", "count"], list(dict.fromkeys(one["function"] for one in own)))
        self.assertIn("ret", " ".join(one["disasm"] + one.get("callee", "") for one in own))

    def test_the_graph_is_read_by_dot_and_has_bpftools_blocks(self):
        graph = lab("dump", PINS / "lab_xdp", "--cfg").stdout
        other = stage.run("bpftool", "prog", "dump", "xlated", "pinned", PINS / "lab_xdp", "visual").stdout
        self.assertTrue(graph.startswith("digraph"))
        self.assertEqual(graph.count("subgraph"), other.count("subgraph"))
        self.assertEqual(graph.count("{"), graph.count("}"))
        # bpftool adds an entry and an exit to each function.
        blocks = len(re.findall(r"^ *f\d+_b\d+ \[", graph, re.M))
        self.assertEqual(blocks, len(re.findall(r"^\s*fn_\d+_bb_\d+ \[", other, re.M)) - 2 * other.count("subgraph"))

    def test_an_object_file_is_shown_without_loading_it(self):
        shown = lab_json("show", self.object)[0]
        self.assertEqual(("GPL", "little", True), (shown["license"], shown["endianness"], shown["btf"]))
        self.assertEqual([("lab_xdp", "xdp"), ("lab_a_name_longer_than_15", "socket")],
                         [(one["name"], one["section"]) for one in shown["programs"]])
        maps = {one["name"]: one for one in shown["maps"]}
        self.assertEqual("struct everything", maps["lab_everything"]["value_type"])
        values = {one["name"]: one["value"] for one in shown["globals"]}
        self.assertEqual((42, 2, {"x": 7, "y": -7}), (values["lab_limit"], values["lab_step"], values["lab_small"]))
        disassembled = lab_json("dump", self.object)
        self.assertEqual({"lab_xdp", "lab_a_name_longer_than_15"}, {one["program"] for one in disassembled})
        self.assertEqual({"lab_xdp", "count"}, {one["function"] for one in disassembled if one["program"] == "lab_xdp"})
        self.assertIn("lab_traffic", {one.get("map") for one in disassembled})
        self.assertTrue(any(one.get("source", {}).get("text") == "traffic->bytes += bytes;" for one in disassembled))

    def test_a_program_is_shown_with_all_that_belongs_to_it(self):
        shown = lab_json("show", PINS / "lab_xdp")[0]
        self.assertEqual(["lab_xdp", "count"], shown["functions"])
        self.assertIn("lab_traffic (percpu_array)", lab("show", PINS / "lab_xdp").stdout)

    def test_types_agree_with_bpftool(self):
        self.assertEqual(bpftool("btf", "dump", "file", self.object)["types"], lab_json("btf", self.object))
        self.assertEqual(stage.run("bpftool", "btf", "dump", "file", self.object).stdout, lab("btf", self.object).stdout)
        # The packaged libbpf writes () where bpftool's own writes (void).
        header = stage.run("bpftool", "btf", "dump", "file", self.object, "format", "c").stdout.replace("(void)", "()")
        self.assertEqual(header, lab("btf", self.object, "--header").stdout)
        layout = {one["name"]: one for one in lab_json("btf", self.object, "--type", "everything")[0]["layout"]
                  if "name" in one}
        self.assertEqual((16 * 8, 8, 3), (layout["wide"]["bit_offset"], layout["wide"]["bytes"], layout["low"]["bits"]))
        number = self.program_id("lab_xdp")
        self.assertIn("everything", {one["name"] for one in lab_json("btf", number)})

    def test_the_kernels_header_compiles(self):
        header = self.folder / "vmlinux.h"
        header.write_text(lab("btf", "--header").stdout)
        source = self.folder / "uses.bpf.c"
        source.write_text('#include "vmlinux.h"\nint f(struct task_struct *task) { return task->pid; }\n')
        stage.run("clang", "-target", "bpf", "-O2", "-g", "-c", source, "-o", self.folder / "uses.o")

    def test_what_cannot_be_is_refused_in_one_line(self):
        self.refused(2, "there is no program 'nothing'", "show", "nothing")
        self.refused(2, "is a map, not a program", "dump", PINS / "lab_ring")
        self.refused(2, "there is no type 'nothing'", "btf", "--type", "nothing")
        self.refused(2, "neither an object file with BTF nor BTF", "btf", "/etc/passwd")
        self.refused(2, "an object file has no machine code", "dump", self.object, "--jit")
        self.refused(2, "did you mean 'list'?", "lsit")
        self.refused(2, "did you mean 'maps'?", "list", "map")
        self.refused(2, "which one?", "show")

    def test_what_is_not_permitted_names_the_capability(self):
        drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--reuid=65534", "--clear-groups"]
        for words in (("list",), ("list", "net"), ("list", "--watch", "-c", "1"), ("map", "7"), ("show", "7")):
            done = stage.run(*drop, stage.WEIR, "lab", *words, check=False)
            self.assertEqual(3, done.returncode, done.stderr)
            self.assertIn("CAP_SYS_ADMIN", done.stderr)


if __name__ == "__main__":
    stage.main()

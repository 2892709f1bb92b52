#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""weir lab map: entries read and written by their types, beside bpftool on the same maps."""
import json
import queue
import subprocess
import threading
import unittest

import stage
from stage import PINS, bpftool, lab, lab_json, plain

WHOLE = ("{byte: 200, sbyte: -5, half: 65535, shalf: -2, word: 4294967295, sword: -1, wide: 0xffffffffffffffff, "
         "swide: -9223372036854775808, truth: true, state: LISTEN, comm: \"nginx\", raw: [1, 2, 3, 4], "
         "parts: [{x: 1, y: -1}, {x: 2}], number: 10.0.0.1, inner: {port: 443}, low: 5, across: 1027, pointer: 0x1000}")


class Maps(stage.Scene):
    def dump(self, name):
        """Entries by weir and by bpftool, in one form."""
        own = lab_json("map", PINS / name, "--per-cpu")
        other = [plain(entry["formatted"]) for entry in bpftool("map", "dump", "pinned", PINS / name)]
        return own, other

    def test_a_value_with_every_kind_of_type_is_written_and_read_as_bpftool_reads_it(self):
        lab("map", PINS / "lab_everything", "set", '{id: 7, text: "seven"}', WHOLE)
        own, other = self.dump("lab_everything")
        self.assertEqual(other, own)
        value = own[0]["value"]
        self.assertEqual(18446744073709551615, value["wide"])
        self.assertEqual([10, 0, 0, 1], value["bytes"])
        self.assertEqual("nginx", value["comm"])
        # What is shown can be written back, as text and as JSON.
        text = lab("map", PINS / "lab_everything", "get", '{id: 7, text: "seven"}').stdout
        key, _, written = text.strip().partition("}: ")
        lab("map", PINS / "lab_everything", "set", '{"id":8,"text":"eight"}', written)
        lab("map", PINS / "lab_everything", "set", '{"id":9,"text":"nine"}', json.dumps(value))
        values = [entry["value"] for entry in lab_json("map", PINS / "lab_everything")]
        self.assertEqual([value] * 3, values)
        # What the text does not name stays.
        lab("map", PINS / "lab_everything", "set", '{id: 7, text: "seven"}', "{sword: 3}")
        self.assertEqual({**value, "sword": 3}, lab_json("map", PINS / "lab_everything", "get",
                                                         '{id: 7, text: "seven"}')[0]["value"])
        for number in ('{id: 7, text: "seven"}', '{id: 8, text: "eight"}', '{id: 9, text: "nine"}'):
            lab("map", PINS / "lab_everything", "del", number)
        self.assertEqual([], lab_json("map", PINS / "lab_everything"))

    def test_values_of_cpus_are_summed_or_split(self):
        packet = self.folder / "packet"
        packet.write_bytes(bytes(64))
        stage.run("bpftool", "prog", "run", "pinned", PINS / "lab_xdp", "data_in", packet, "repeat", 25)
        own, other = self.dump("lab_traffic")
        self.assertEqual(other, own)
        summed = lab_json("map", PINS / "lab_traffic", "get", 0)[0]["value"]
        split = [one["value"] for one in own[0]["values"]]
        self.assertEqual({name: sum(value[name] for value in split) for name in ("packets", "bytes")}, summed)
        self.assertLessEqual(25, summed["packets"])
        lab("map", PINS / "lab_percpu", "set", 3, 11)
        self.assertEqual([11] * len(own[0]["values"]),
                         [one["value"] for one in lab_json("map", PINS / "lab_percpu", "--per-cpu")[0]["values"]])
        self.assertEqual(11 * len(own[0]["values"]), lab_json("map", PINS / "lab_percpu")[0]["value"])

    def test_a_trie_of_prefixes_takes_addresses(self):
        lab("map", PINS / "lab_prefixes", "set", "{bits: 8, address: 10.0.0.0}", 5)
        lab("map", PINS / "lab_prefixes", "set", "{bits: 24, address: [192, 168, 1, 0]}", 0x10)
        own, other = self.dump("lab_prefixes")
        self.assertEqual(sorted(map(str, other)), sorted(map(str, own)))
        self.assertEqual(5, lab_json("map", PINS / "lab_prefixes", "get", "{bits: 32, address: 10.1.2.3}")[0]["value"])

    def test_a_queue_shows_its_next_value(self):
        lab("map", PINS / "lab_queue", "set", 17)
        lab("map", PINS / "lab_queue", "set", 18)
        # libbpf gives queues no BTF.
        self.assertEqual([{"value": "hex:11000000"}], lab_json("map", PINS / "lab_queue"))
        self.assertEqual([{"value": "hex:11000000"}], lab_json("map", PINS / "lab_queue"))

    def test_a_map_without_types_is_bytes(self):
        lab("map", PINS / "lab_bytes", "set", 1, "hex:0102030405ff")
        self.assertEqual([{"key": "hex:01000000", "value": "hex:0102030405ff"}], lab_json("map", PINS / "lab_bytes"))
        entry = bpftool("map", "dump", "pinned", PINS / "lab_bytes")[0]
        self.assertEqual("0102030405ff", "".join(byte[2:] for byte in entry["value"]))
        self.assertIn("without BTF", lab("map", PINS / "lab_bytes").stderr)
        self.refused(2, "12 hexadecimal digits", "map", PINS / "lab_bytes", "set", 1, "hex:01")

    def test_globals_are_maps_of_one_entry(self):
        bss = next(one["id"] for one in lab_json("list", "maps") if one["name"].endswith(".data")
                   and one["id"] in bpftool("prog", "show", "pinned", PINS / "lab_xdp")["map_ids"])
        own = lab_json("map", bss)
        other = [plain(entry["formatted"]) for entry in bpftool("map", "dump", "id", bss)]
        self.assertEqual([entry["value"] for entry in other], [entry["value"] for entry in own])
        lab("map", bss, "set", 0, "{lab_step: 5}")
        self.assertEqual({"lab_step": 5, "lab_small": {"x": 7, "y": -7}}, lab_json("map", bss)[0]["value"])
        lab("map", bss, "set", 0, "{lab_step: 2}")

    def test_large_maps_are_read_whole_by_batches(self):
        lab("map", PINS / "lab_large", "set", 9999, 77)
        entries = lab_json("map", PINS / "lab_large")
        self.assertEqual(list(range(10000)), [entry["key"] for entry in entries])
        self.assertEqual(77, entries[9999]["value"])

    def test_an_array_of_programs_holds_their_ids(self):
        stage.run("bpftool", "map", "update", "pinned", PINS / "lab_programs", "key", 2, 0, 0, 0, "value", "pinned",
                  PINS / "lab_xdp")
        self.assertEqual([{"key": 2, "value": self.program_id("lab_xdp")}], lab_json("map", PINS / "lab_programs"))
        lab("map", PINS / "lab_programs", "del", 2)

    def test_top_sorts_by_a_number_of_the_value(self):
        for key, value in ((5, 100), (6, 300), (7, 200)):
            lab("map", PINS / "lab_large", "set", key, value)
        top = lab_json("map", PINS / "lab_large", "top", "--top", 3)
        self.assertEqual([(6, 300), (7, 200), (5, 100)], [(one["key"], one["value"]) for one in top])
        self.refused(2, "the values have no such number; they have packets, bytes", "map", PINS / "lab_traffic", "top",
                     "--by", "nonsense")
        for key in (5, 6, 7):
            lab("map", PINS / "lab_large", "set", key, 0)

    def test_watch_tells_what_comes_changes_and_goes(self):
        name = PINS / "lab_percpu"
        lab("map", name, "set", 40, 1)
        lab("map", name, "set", 41, 1)
        watch = subprocess.Popen([stage.WEIR, "lab", "map", str(name), "watch", "--interval", "100ms", "-o", "json"],
                                 stdout=subprocess.PIPE, text=True)
        seen = queue.Queue()
        reader = threading.Thread(target=lambda: [seen.put(json.loads(line)) for line in watch.stdout])
        reader.start()
        try:
            # Its first reading was before the first change that it tells.
            for value in range(2, 500):
                lab("map", name, "set", 40, value)
                try:
                    record = seen.get(timeout=0.2)
                    break
                except queue.Empty:
                    continue
            self.assertEqual(("changed", 40), (record["change"], record["key"]))
            lab("map", name, "del", 41)
            lab("map", name, "set", 42, 3)
            changes = {}
            while len(changes) < 2:
                record = seen.get(timeout=20)
                if record["key"] != 40:
                    changes[record["key"]] = (record["change"], record.get("value"))
            self.assertEqual(("deleted", None), changes[41])
            self.assertEqual("new", changes[42][0])
        finally:
            watch.terminate()
            watch.wait()
            reader.join()

    def test_what_cannot_be_is_refused_in_one_line(self):
        self.refused(2, "has records and no entries", "map", PINS / "lab_ring")
        self.refused(2, "there is no such entry", "map", PINS / "lab_everything", "get", "{id: 99}")
        self.refused(2, "struct name has no such member; it has id, text", "map", PINS / "lab_everything", "get", "{nr: 9}")
        self.refused(2, "does not fit into 32 bits", "map", PINS / "lab_large", "get", 1 << 32)
        self.refused(1, "beyond its 10000 entries", "map", PINS / "lab_large", "set", 10000, 1)
        self.refused(2, "there is no map 'nothing'", "map", "nothing")
        self.refused(2, "there is no map 4294967295", "map", 4294967295)
        self.refused(2, "is a program, not a map", "map", PINS / "lab_xdp")
        self.refused(2, "No such file", "map", PINS / "nothing")
        self.refused(2, "did you mean 'watch'?", "map", PINS / "lab_ring", "wacth")

    def test_names_ids_and_pins_lead_to_the_same_map(self):
        number = self.map_id("lab_everything")
        entries = lab("map", PINS / "lab_everything").stdout
        for words in (("id", number), (number,), ("pinned", PINS / "lab_everything")):
            self.assertEqual(entries, lab("map", *words).stdout)
        # A second object of the same name: both are named.
        second = PINS / "second"
        stage.run("bpftool", "map", "create", second, "type", "array", "key", 4, "value", 4, "entries", 1, "name",
                  "lab_everything")
        message = self.refused(2, "maps are called 'lab_everything'", "map", "lab_everything")
        self.assertIn(f"id {number} (hash)", message)
        self.assertIn(f"id {self.map_id('second')} (array)", message)
        second.unlink()


if __name__ == "__main__":
    stage.main()

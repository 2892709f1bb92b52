# SPDX-License-Identifier: Apache-2.0
"""A capture with one packet of each kind that Weir reads, for the comparison where no others are at hand."""

import struct


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, source="10.0.0.1", destination="10.0.0.2", fragment=0, options=b"", ttl=64):
    address = [bytes(int(part) for part in text.split(".")) for text in (source, destination)]
    words = (20 + len(options)) // 4
    header = struct.pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(payload), 4711, fragment, ttl, protocol, 0)
    header += address[0] + address[1] + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(next_header, payload, hops=64):
    source = bytes.fromhex("20010db8000000000000000000000001")
    destination = bytes.fromhex("fe80000000000000020000fffe000002")
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, hops) + source + destination + payload


def with_sum(segment, at, packet_of, protocol):
    """`segment` with its checksum over the pseudo header of `packet_of(protocol, segment)` at `at`."""
    packet = packet_of(protocol, segment)
    addresses = packet[12:20] if packet[0] >> 4 == 4 else packet[8:40]
    total = checksum(addresses + struct.pack("!IHBB", len(segment), 0, 0, protocol) + segment)
    return packet_of(protocol, segment[:at] + struct.pack("!H", total) + segment[at + 2:])


def tcp(flags, sequence, acknowledgment, payload=b"", options=b"", source=50000, destination=80):
    words = (20 + len(options)) // 4
    return struct.pack("!HHIIBBHHH", source, destination, sequence, acknowledgment, words << 4, flags, 64240, 0, 0) \
        + options + payload


def udp(payload, source=50000, destination=9999):
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def icmp(kind, code, rest):
    message = struct.pack("!BBH", kind, code, 0) + rest
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


def ethernet(kind, payload, tags=b""):
    return bytes.fromhex("020000000002020000000001") + tags + struct.pack("!H", kind) + payload


def dns_name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns_messages():
    question = dns_name("www.example.com") + struct.pack("!HH", 1, 1)
    yield struct.pack("!6H", 4660, 0x0100, 1, 0, 0, 0) + question
    answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data)) + data for kind, data in (
        (5, b"\x03cdn\xc0\x10"), (1, bytes([192, 0, 2, 1])), (28, bytes(15) + b"\1"), (15, b"\0\x0a\xc0\x10"),
        (16, b"\x05a b\x01c\x01\""), (33, struct.pack("!HHH", 1, 2, 443) + b"\xc0\x10")))
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 12) + struct.pack("!HH", 10, 8) + bytes(range(8))
    yield struct.pack("!6H", 4660, 0x8580, 1, 6, 0, 1) + question + answers + opt
    yield struct.pack("!6H", 7, 0x8183, 1, 0, 0, 0) + question


def tcp_segments():
    syn_options = bytes.fromhex("020405b40402080a000000640000000001030307")
    stamps = bytes.fromhex("0101080a0000006500000064")
    sack = bytes.fromhex("0101050a00002710000027d8") + bytes.fromhex("0101080a0000006500000064")
    yield tcp(2, 1000, 0, options=syn_options)
    yield tcp(0x12, 5000, 1001, options=syn_options, source=80, destination=50000)
    yield tcp(0x10, 1001, 5001, options=stamps)
    yield tcp(0x18, 1001, 5001, b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", stamps)
    yield tcp(0x18, 5001, 1032, b"HTTP/1.1 200 OK\r\nX: \x1b[2J\r\n\r\n", stamps, 80, 50000)
    yield tcp(0x10, 1032, 5001, options=sack)
    yield tcp(0x38, 1032, 5060, b"\x1b]0;title\x07data", source=50000, destination=9000)
    yield tcp(0x11, 1032, 5060)
    yield tcp(0x14, 5060, 1033, source=80, destination=50000)
    yield tcp(0xC2, 1, 0, options=b"\x22\x02\xfd\x04\x12\x34\0\0")
    yield tcp(0, 1, 0, options=b"\x02\x03\x05\x00")


def packets():
    for segment in tcp_segments():
        yield ethernet(0x0800, with_sum(segment, 16, ipv4, 6))
        yield ethernet(0x86DD, with_sum(segment, 16, ipv6, 6))
    yield ethernet(0x0800, ipv4(6, tcp(0x10, 1, 2)))  # a wrong checksum
    for message in dns_messages():
        yield ethernet(0x0800, with_sum(udp(message, 53, 50001), 6, ipv4, 17))
        yield ethernet(0x86DD, with_sum(udp(message, 50001, 5353), 6, ipv6, 17))
        framed = struct.pack("!H", len(message)) + message
        yield ethernet(0x0800, with_sum(tcp(0x18, 1, 1, framed, destination=53), 16, ipv4, 6))
    yield ethernet(0x0800, ipv4(17, udp(b"x" * 18)))
    yield ethernet(0x0800, ipv4(17, struct.pack("!HHHH", 1, 2, 100, 0) + b"short"))
    yield ethernet(0x0800, ipv4(17, udp(b"y" * 1400), fragment=0x2000))
    yield ethernet(0x0800, ipv4(17, b"z" * 100, fragment=176))
    yield ethernet(0x0800, ipv4(17, udp(b"tagged"), options=b"\x94\x04\0\0\x07\x07\x04\x0a\x00\x00\x09\x01"),
                   tags=b"\x81\x00\x60\x05")
    yield ethernet(0x0800, ipv4(17, udp(b"two tags")), tags=b"\x88\xa8\x00\x05\x81\x00\x10\x06")
    quoted = ipv4(17, udp(b"", destination=33434))
    for kind, code in ((8, 0), (0, 0), (13, 0), (17, 0), (10, 0), (99, 1)):
        yield ethernet(0x0800, ipv4(1, icmp(kind, code, struct.pack("!HH", 7, 8) + b"ping" * 4)))
    for kind, code in [(3, code) for code in range(17)] + [(11, 0), (11, 1), (5, 1), (5, 3), (12, 0), (4, 0)]:
        yield ethernet(0x0800, ipv4(1, icmp(kind, code, b"\0\0\x05\xdc" + quoted)))
    yield from icmp6_packets()
    mac, address = bytes.fromhex("020000000001"), bytes([10, 0, 0, 1])
    for operation in (1, 2, 3, 4, 8, 9):
        yield ethernet(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac + address + bytes(6) + address)
    for kind in (0x11, 0x12, 0x16, 0x17):
        yield ethernet(0x0800, ipv4(2, icmp(kind, 100, bytes([224, 0, 0, 5])), ttl=1))
    yield ethernet(0x0800, ipv4(2, icmp(0x22, 0, struct.pack("!HHBBH", 0, 1, 4, 0, 1) + bytes(8)), ttl=1))
    inner = ipv4(17, udp(b"inside"))
    yield ethernet(0x0800, ipv4(4, inner))
    yield ethernet(0x0800, ipv4(41, ipv6(17, udp(b"inside"))))
    yield ethernet(0x0800, ipv4(47, struct.pack("!HHI", 0x2000, 0x0800, 0xABCD) + inner))
    yield ethernet(0x0800, ipv4(47, struct.pack("!HH", 0, 0x6558) + ethernet(0x0800, inner)))
    yield ethernet(0x0800, ipv4(17, udp(struct.pack("!II", 0x08000000, 5001 << 8) + ethernet(0x0800, inner), 5, 4789)))
    yield ethernet(0x0800, ipv4(17, udp(struct.pack("!HHI", 0, 0x6558, 10 << 8) + ethernet(0x0800, inner), 5, 6081)))
    yield ethernet(0x0800, ipv4(50, struct.pack("!II", 0x1234, 5) + bytes(40)))
    yield ethernet(0x0800, ipv4(253, b"unknown"))
    yield ethernet(0x8847, struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x140) + inner)
    yield ethernet(38, b"\x42\x42\x03" + bytes(5) + b"\x80\0" + mac + bytes(4) + b"\x80\0" + mac +
                   struct.pack("!5H", 0x8001, 256, 5120, 512, 3840) + bytes(8))
    yield ethernet(60, b"\xaa\xaa\x03\0\0\0\x08\0" + inner + bytes(60 - 8 - len(inner)))
    yield ethernet(0x1234, b"experimental")


def icmp6_packets():
    target = bytes.fromhex("20010db80000000000000000000000aa")
    link_address = b"\x01\x01\x02\0\0\0\0\x01"
    prefix = b"\x03\x04\x40\xc0" + struct.pack("!III", 3600, 1800, 0) + target
    quoted = ipv6(17, udp(b"", destination=33434))
    messages = [
        struct.pack("!BBHHH", 128, 0, 0, 7, 8) + b"ping", struct.pack("!BBHHH", 129, 0, 0, 7, 8) + b"ping",
        struct.pack("!BBHI", 135, 0, 0, 0) + target + link_address,
        struct.pack("!BBHI", 136, 0, 0, 0x60000000) + target + b"\x02" + link_address[1:],
        struct.pack("!BBHI", 133, 0, 0, 0) + link_address,
        struct.pack("!BBHBBHII", 134, 0, 0, 64, 0x48, 1800, 0, 0) + link_address + prefix
        + struct.pack("!BBHI", 5, 1, 0, 1500) + struct.pack("!BBHI", 25, 3, 0, 600) + target,
        struct.pack("!BBHI", 137, 0, 0, 0) + target + target, struct.pack("!BBHI", 2, 0, 0, 1280) + quoted,
        struct.pack("!BBHI", 3, 0, 0, 0) + quoted, struct.pack("!BBHI", 4, 1, 0, 6) + quoted,
        struct.pack("!BBHHH", 143, 0, 0, 0, 1) + struct.pack("!BBH", 4, 0, 1) + target + target,
        struct.pack("!BBHHH", 130, 0, 0, 1000, 0) + bytes(16) + struct.pack("!BBH", 2, 125, 0),
        struct.pack("!BBHHH", 131, 0, 0, 0, 0) + target,
    ] + [struct.pack("!BBHI", 1, code, 0, 0) + quoted for code in range(5)]
    for message in messages:
        yield ethernet(0x86DD, with_sum(message, 2, ipv6, 58))
    echo = struct.pack("!BBHHH", 128, 0, 0, 1, 2)
    yield ethernet(0x86DD, ipv6(0, b"\x3a\0\x05\x02\0\0\x01\0" + echo))
    yield ethernet(0x86DD, ipv6(44, b"\x3a\0" + struct.pack("!HI", 1, 77) + echo))
    yield ethernet(0x86DD, ipv6(44, b"\x11\0" + struct.pack("!HI", 1448, 77) + b"later"))
    yield ethernet(0x86DD, ipv6(43, b"\x3a\x02\0\x01" + bytes(4) + target + echo))
    yield ethernet(0x86DD, ipv6(60, b"\x3a\0\x01\x04" + bytes(4) + echo))


def write(path):
    """Each packet whole, then each cut at several lengths. Returns `path`."""
    seconds = 1_700_000_000
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for index, frame in enumerate(packets()):
            lengths = {len(frame), *range(1 + index % 5, len(frame), 9)} if len(frame) < 200 else {len(frame), 60}
            for count, length in enumerate(sorted(lengths, reverse=True)):
                file.write(struct.pack("<IIII", seconds + index, 123_456_789 + count, length, len(frame)))
                file.write(frame[:length])
    return path

# SPDX-License-Identifier: Apache-2.0
"""Why a packet's line may differ from tcpdump's: the differences that are known, each with a name.

A protocol that Weir does not read is accepted only where the line is the same up to where its words begin.
"""

import os
import re

UDP_PORTS = {
    67: "DHCP", 68: "DHCP", 546: "DHCPv6", 547: "DHCPv6", 69: "TFTP", 88: "Kerberos", 750: "Kerberos", 123: "NTP",
    137: "NetBIOS", 138: "NetBIOS", 161: "SNMP", 162: "SNMP", 319: "PTP", 320: "PTP", 496: "Auto-RP", 500: "ISAKMP",
    4500: "ESP in UDP", 514: "syslog", 520: "RIP", 521: "RIPng", 525: "timed", 646: "LDP", 654: "AODV", 698: "OLSR",
    701: "LMP", 921: "lwres", 1701: "L2TP", 1812: "RADIUS", 1813: "RADIUS", 1645: "RADIUS", 1646: "RADIUS",
    1700: "RADIUS", 3799: "RADIUS", 1985: "HSRP", 2029: "HSRP", 2049: "NFS", 3456: "VAT", 2103: "Zephyr",
    2104: "Zephyr", 5359: "AHCP", 6696: "Babel", 6697: "Babel", 8231: "HNCP", 4567: "whiteboard",
    3503: "LSP ping", 3784: "BFD", 3785: "BFD", 4784: "BFD", 6784: "BFD", 1589: "VQP", 6343: "sFlow",
    12222: "LWAPP", 12223: "LWAPP", 8472: "OTV", 4341: "LISP", 4342: "LISP", 4790: "VXLAN-GPE", 17754: "ZEP",
    6635: "MPLS in UDP", 30490: "SOME/IP", 49152: "BCM-LI", 1027: "ISAKMP", 3544: "Teredo", 2055: "NetFlow",
}
UDP_PORTS.update({port: "Rx" for port in range(7000, 7010)})
TCP_PORTS = {
    23: "Telnet", 179: "BGP", 1723: "PPTP", 6379: "RESP", 139: "NetBIOS", 445: "SMB", 10288: "BEEP", 6633: "OpenFlow",
    6653: "OpenFlow", 639: "MSDP", 323: "RPKI-RTR", 646: "LDP", 2049: "NFS", 22: "SSH",
}
IP_PROTOCOLS = {b"SCTP", b"DCCP", b"EGP", b"IGRP", b"RSVP", b"Mobile IP", b"EIGRP", b"OSPF", b"PIM", b"VRRP", b"PGM"}
ETHERTYPES = {b"PTP", b"AoE", b"LLDP", b"EAPOL", b"GeoNet", b"GeoNet (old)", b"DN", b"Slow Protocols", b"Loopback",
              b"TIPC", b"MPCP", b"CFM", b"CALM FAST", b"Appletalk", b"Appletalk ARP", b"IPX", b"802.1AE MACsec",
              b"Realtek protocols", b"NSH", b"MS NLB heartbeat", b"Arista Vendor Specific Protocol"}

UDP_LINE = re.compile(rb"\.?(\d+) > [0-9a-f.:]*?(\d+): (\[(?:no cksum|udp sum ok|bad udp[^\]]*)\] )?(UDP, )")
TCP_LINE = re.compile(rb"\.?(\d+) > [0-9a-f.:]*?(\d+): Flags (?:.*?), length \d+")
IP_LINE = re.compile(rb": (" + b"|".join(IP_PROTOCOLS) + rb"), length \d+")
ETHERTYPE_LINE = re.compile(rb"((?:[0-9a-f]{2}:){5}[0-9a-f]{2} > (?:[0-9a-f]{2}:){5}[0-9a-f]{2}, )?"
                            rb"(?:ethertype )?([A-Z0-9][^(,:]*(?: \(old\))?)(?: \(0x[0-9a-f]{4}\))?, length \d+: ")


def is_unread(reason):
    return reason.startswith("not read: ")


def unread_protocol(theirs, ours):
    """The protocol that we name and tcpdump reads, where the lines are the same up to it."""
    same = len(os.path.commonprefix([theirs, ours]))
    for line in UDP_LINE.finditer(ours):
        for port in (int(line.group(1)), int(line.group(2))):
            if port in UDP_PORTS and line.start(4) <= same:
                return UDP_PORTS[port]
    for line in TCP_LINE.finditer(ours):
        for port in (int(line.group(1)), int(line.group(2))):
            if port in TCP_PORTS and line.end() <= same:
                return TCP_PORTS[port]
    for line in IP_LINE.finditer(ours):
        if line.start(1) <= same or (line.group(1) in (b"SCTP", b"DCCP") and line.start() - 60 <= same):
            return line.group(1).decode()
    for line in ETHERTYPE_LINE.finditer(ours):
        name = line.group(2)
        if name in ETHERTYPES and line.start() <= same:
            return name.decode()
    return None


# (name, what tcpdump's line has, what ours has): looked for from a little before where the lines differ.
CUT = "a packet that was cut: tcpdump dumps its link header too with -x, -X and -A, which leave it out"
NO_SUMS = "-K: Weir looks at no checksum, tcpdump still at those of ICMP, ICMPv6 and IGMP"
PPP_DUMP = "PPP without framing: tcpdump leaves the four bytes of a framed header out of a dump"
SHORT_DUMP = "tcpdump ends a dump early: at the file's snap length, or where a malformed header said"
DELIBERATE = [
    (CUT, rb"", rb""),
    (NO_SUMS, rb"icmp6? (?:cksum|sum)|igmp cksum", rb"ICMP|igmp|^"),
    ("DNS record types newer than tcpdump 4.99.3", rb"Type\d+", rb"[A-Z][A-Z0-9]+"),
    ("an IPv4 length of 0 (BIG TCP): Weir reads to the frame's end", rb"bad-len 0", rb""),
    ("times that tcpdump 4.99.3 cannot show", rb"Error converting time|\.\d{7,}(?<!\.\d{9}) ", rb""),
    ("a difference of a day and more: tcpdump begins at 0 hours again", rb":\d\d:\d\d\.\d{6}", rb"\d{3,}:\d\d:\d\d\.\d{6}"),
    ("a length of 0 in the file's record: Weir takes the captured one", rb"Invalid header: len==0\]", rb""),
    ("SLL2: tcpdump names the reading machine's interface of that number", rb"", rb" if\d+ +(?:In|Out|B|M|P|\?)"),
    (PPP_DUMP, rb"\n", rb"\n"),
    (SHORT_DUMP, rb"\n", rb"\n"),
    ("not read: CFM's old EtherType, CLNP's", rb"CFMv0|\[\|isoclns\]", rb"Unknown (?:Ethertype )?\(0x(?:abcd|fefe)\)"),
    ("not read: malformed PPP framing", rb"\[\|ppp_hdlc\]|\[\|chdlc\]|\(protocol 0x|unknown PPP", rb"unknown"),
    ("not read: MPTCP", rb"mptcp ", rb"mptcp 0x"),
    ("not read: ICMPv6 node information, router renumbering, RPL",
     rb"node information|router renumbering|dagid|RPL", rb"who-are-you|renumbering|RPL"),
    ("not read: IPv6 mobility", rb"mobility", rb"mobility"),
    ("not read: MSTP's tables", rb"v3len", rb""),
    ("not read: PPP control protocols' options", rb"", rb"(?:LCP|IPCP|IP6CP|CCP|MPLSCP|OSICP|BACP|PAP|CHAP|EAP|LQM|MLPPP|COMP)\b"),
    ("not read: PIMv1, DVMRP", rb"igmp (?:pimv1|dvmrp)", rb"igmp (?:pimv1|dvmrp)"),
    ("not read: Cisco's CDP, DTP, UDLD, VTP", rb"", rb"oui Cisco \(0x00000c\), pid (?:CDP|VTP|DTP|UDLD)"),
    ("not read: IS-IS, ES-IS, CLNP", rb"IS-IS|ES-IS|CLNP|OSI|Q\.933", rb"OSI|0xfefe|gre-proto-0xfe"),
    ("not read: IPX, NetBEUI, AppleTalk", rb"", rb"IPX|NetBeui|Appletalk|gre-proto-0x8137"),
    ("not read: Cisco's SLARP", rb"SLARP", rb"SLARP"),
    ("not read: ATM ARP", rb"arp|ARP", rb"ARP|arp"),
]
CONTEXT = 70


def dumped_digits(text):
    return b"".join(re.findall(rb"0x[0-9a-f]{4}:  ((?:[0-9a-f]{2,4} ?)+)", text)).replace(b" ", b"")


def dump_lacks_framing(theirs, ours):
    """The -x dump, which is what the text ends with."""
    longer, shorter = (dumped_digits(text[text.rfind(b"\n\t0x0000:"):]) for text in (ours, theirs))
    return bool(shorter) and longer[4:] == shorter


def dump_is_longer(theirs, ours):
    """Whether ours is the same and has more bytes at the end."""
    shorter, longer = dumped_digits(theirs), dumped_digits(ours)
    return longer.startswith(shorter) if longer != shorter else ours.startswith(theirs)


def same_but_for_link_header(theirs, ours):
    """Whether the text is the same and only the dump behind it is longer in front."""
    cut = re.search(rb"\[\|[a-z0-9._ -]+\]", ours)
    if not cut or theirs[:cut.end()] != ours[:cut.end()]:
        return False
    dumps = [text[cut.end():] for text in (theirs, ours)]
    digits = [dumped_digits(dump) for dump in dumps]
    if any(digits):
        return digits[0].endswith(digits[1])
    return dumps[0].lstrip(b"\n").endswith(dumps[1].lstrip(b"\n"))


def reason_of(theirs, ours, letters):
    """The reason's name, or None."""
    if b"LINKTYPE_" in ours or re.search(rb"link type \d+, length", ours):
        return "not read: link type"
    protocol = unread_protocol(theirs, ours)
    if protocol:
        return "not read: " + protocol
    at = max(0, len(os.path.commonprefix([theirs, ours])) - CONTEXT)
    for name, in_theirs, in_ours in DELIBERATE:
        if name == CUT and not same_but_for_link_header(theirs, ours):
            continue
        if name == PPP_DUMP and not dump_lacks_framing(theirs, ours):
            continue
        if name == SHORT_DUMP and not dump_is_longer(theirs, ours):
            continue
        if name == NO_SUMS and "K" not in letters:
            continue
        if re.search(in_theirs, theirs[at:], re.S) and re.search(in_ours, ours[at:], re.S):
            return name
    return None

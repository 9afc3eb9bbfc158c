/** Where Holdfast and tshark differ about HTTP, and why Holdfast is right. */
import type { Fact } from './http-facts.ts'

export interface Difference {
  readonly capture: string
  readonly streams: readonly number[]
  readonly facts: readonly Fact[]
  readonly why: string
}

const REQUEST: readonly Fact[] = ['methods', 'targets', 'hosts']

export const DIFFERENCES: readonly Difference[] = [
  {
    capture: 'public/pcap/arkime__gre-erspan-vxlan.pcap',
    streams: [0],
    facts: ['targets'],
    why:
      'the target holds a space: tshark ends it there, though what is between method and version was ' +
      'sent as one',
  },
  {
    capture: 'public/pcap/suriv__bug-5437-02__input.pcap',
    streams: [2, 3],
    facts: ['targets'],
    why: 'the target holds spaces: tshark ends it at the first',
  },
  {
    capture: 'public/pcap/arkime__http2-nghttp2.pcap',
    streams: [0],
    facts: REQUEST,
    why:
      'the fields of the first request go on in CONTINUATION frames, which tshark does not put ' +
      'together; Arkime does, and agrees',
  },
  {
    capture: 'public/pcap/ndpi__netflix.pcap',
    streams: [12],
    facts: ['statuses'],
    why:
      'segments before the second response are missing: of the two heads, both whole, tshark tells ' +
      'either the first or none',
  },
  {
    capture: 'public/pcap/zeek__http-261-variant-03-cl_negative.pcap',
    streams: [0],
    facts: REQUEST,
    why:
      'the first request has a negative Content-Length: where it ends, and whether a second one ' +
      'follows, is for each server to guess (RFC 9112 §6.3 has it refused); the message is marked',
  },
  {
    capture: 'public/pcap/zeek__mixed-vlan-mpls.pcap',
    streams: [2],
    facts: ['methods', 'targets'],
    why:
      'a request without a version, `GET /` and no more, is HTTP/0.9, which RFC 9112 §2.3 no longer ' +
      'knows: it has no fields and no status',
  },
  {
    capture: 'public/pcap/zeek__socks.pcap',
    streams: [0],
    facts: [...REQUEST, 'statuses'],
    why: 'the connection is one of SOCKS, whose inside is not read',
  },
  {
    capture: 'public/pcap/lekensteyn__tls-all-dump.pcapng',
    streams: [0, 1, 2, 3, 4, 5, 6, 8, 10, 24, 25, 26, 27, 31, 35],
    facts: [...REQUEST, 'statuses'],
    why:
      'the suites protect with nothing, RC4, DES, or SEED, which RFC 9325 §4.2 forbids and OpenSSL 3 ' +
      'has no longer: they are not decrypted',
  },
]

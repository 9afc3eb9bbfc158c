/** Where Holdfast and tshark differ about TLS, and why Holdfast is right. */
import type { Fact } from './tls-facts.ts'

export interface Difference {
  readonly capture: string
  readonly stream: number
  readonly facts: readonly Fact[]
  readonly why: string
}

export const DIFFERENCES: readonly Difference[] = [
  {
    capture: 'public/pcap/arkime__pppoe.pcap',
    stream: 0,
    facts: ['ja3', 'ja4'],
    why: 'the hello has the form of SSL 2.0: tshark makes no fingerprints of those, though suites and version are there',
  },
  {
    capture: 'public/pcap/suriv__sslv2-tls-upgrade-01__ssl-v2-s1.pcap',
    stream: 0,
    facts: ['ja3', 'ja4'],
    why: 'as above',
  },
  {
    capture: 'public/pcap/suriv__bug-1450-04__tls_DER-incomplete-header.pcap',
    stream: 0,
    facts: ['fingerprints', 'subjects'],
    why: 'the certificate is no DER: its length runs past its end. What no X.509 reader takes is not told of',
  },
  {
    capture: 'public/pcap/ndpi__KakaoTalk_chat.pcap',
    stream: 2,
    facts: ['ja3s', 'fingerprints', 'subjects'],
    why: 'the server answered twice with two initial numbers, and went on with the second: tshark counts from the first, and takes the data for retransmissions',
  },
  {
    capture: 'public/pcap/ndpi__KakaoTalk_chat.pcap',
    stream: 18,
    facts: ['ja3s'],
    why: "the end of the server's first record is not in the capture: tshark reads no record that is not whole",
  },
  {
    capture: 'public/pcap/ndpi__4in6tunnel.pcap',
    stream: 0,
    facts: ['alpn', 'ja3s'],
    why: "only the beginning of the server's first record is in the capture: tshark reads no record that is not whole, the ServerHello is",
  },
]

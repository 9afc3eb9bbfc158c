/** Answers of a name service, as they are observed. */
import type { DnsAnswer } from '../../src/model/dns.ts'
import { seconds } from '../../src/model/time.ts'

/** An answer to 10.0.0.5 at 1000 s, its addresses good for a minute. */
export const answer = (
  name: string,
  addresses: readonly string[],
  differs: Partial<DnsAnswer> = {},
): DnsAnswer => ({
  kind: 'dns-answer',
  time: seconds(1000),
  tap: '',
  client: { address: '10.0.0.5', port: 40000 },
  server: { address: '10.0.0.53', port: 53 },
  transport: 'udp',
  connection: null,
  id: 1,
  name,
  type: 'A',
  class: 1,
  queryPacket: null,
  lastQueryPacket: null,
  asked: null,
  attempts: 0,
  packet: 2,
  rcode: 0,
  authoritative: false,
  truncated: false,
  answers: [],
  chain: [],
  addresses: addresses.map((address) => ({ address, ttl: 60 })),
  latency: null,
  ...differs,
})

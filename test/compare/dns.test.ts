import { expect, test } from 'vitest'
import type { DnsAnswer } from '../../src/model/dns.ts'
import { typeName } from '../../src/protocols/dns/record-types.data.ts'
import { missing } from '../tools.ts'
import { captureFiles } from './captures.ts'
import type { CaptureFile } from './captures.ts'
import { observationsOf } from './observations.ts'
import { rowsOf } from './tshark.ts'
import type { Row } from './tshark.ts'

const files = captureFiles('public', 'lab')
/** Responses in these captures: that there are fewer would be a fault of the comparison. */
const ANSWERS_MIN = 300

const FIELDS = [
  'frame.number',
  'dns.id',
  'dns.qry.name',
  'dns.qry.type',
  'dns.flags.rcode',
  'dns.count.answers',
  'dns.resp.name',
  'dns.resp.type',
  'dns.resp.ttl',
  'dns.a',
  'dns.aaaa',
  'dns.cname',
  'dns.ns',
  'dns.ptr.domain_name',
  'dns.mx.preference',
  'dns.mx.mail_exchange',
  'dns.srv.priority',
  'dns.srv.weight',
  'dns.srv.port',
  'dns.srv.target',
] as const
type Told = Row<(typeof FIELDS)[number]>
/** Responses of unicast DNS, told once where they were captured or sent twice. */
const FILTER =
  '(udp.srcport == 53 || tcp.srcport == 53) && dns.flags.response == 1 && dns.flags.opcode == 0' +
  ' && !icmp && !dns.retransmit_response'

/** Per frame: name, type, code, then the answers in order. */
type Facts = ReadonlyMap<number, string>

const root = (name: string): string => (name === '<Root>' ? '.' : name)

/** tshark flattens all sections; the answers are the first of them, so the first of each list is theirs. */
function theirs(row: Told): string {
  const next = new Map<string, number>()
  const take = (field: keyof Told): string => {
    const at = next.get(field) ?? 0
    next.set(field, at + 1)
    return root(row[field][at] ?? '')
  }
  const join = (...fields: (keyof Told)[]): string => fields.map(take).join(' ')
  const data: Readonly<Record<string, () => string>> = {
    A: () => take('dns.a'),
    AAAA: () => take('dns.aaaa'),
    CNAME: () => take('dns.cname'),
    NS: () => take('dns.ns'),
    PTR: () => take('dns.ptr.domain_name'),
    MX: () => join('dns.mx.preference', 'dns.mx.mail_exchange'),
    SRV: () => join('dns.srv.priority', 'dns.srv.weight', 'dns.srv.port', 'dns.srv.target'),
  }
  const count = Number(row['dns.count.answers'][0] ?? 0)
  const answers: string[] = []
  // What it says to hold and does not, and names that are none, are no facts.
  while (answers.length < Math.min(count, row['dns.resp.ttl'].length)) {
    const name = take('dns.resp.name')
    const type = typeName(Number(take('dns.resp.type')))
    const answer = `${name} ${type} ${take('dns.resp.ttl')} ${data[type]?.() ?? ''}`
    if (answer.includes(NO_NAME) || (type in data && answer.endsWith(' '))) break
    answers.push(answer)
  }
  const asked = `${root(row['dns.qry.name'][0] ?? '')} ${typeName(Number(row['dns.qry.type'][0] ?? 0))}`
  return [`${asked} ${row['dns.flags.rcode'][0] ?? ''}`, ...answers].join('; ')
}

const NO_NAME = '<Unknown extended label>'
const hasQuestion = (row: Told): boolean =>
  row['dns.qry.type'].length > 0 && row['dns.qry.name'][0] !== NO_NAME && row['dns.qry.name'].length > 0

const COMPARED = ['A', 'AAAA', 'CNAME', 'NS', 'PTR', 'MX', 'SRV']
/** An octet that is no ASCII, which tshark shows as a character that stands for any of them. */
const FOREIGN = /\\(?:1[3-9]|2[0-5])\d|\\12[89]/g
const ours = ({ name, type, rcode, answers }: DnsAnswer): string =>
  [
    `${name} ${type} ${rcode & 15}`,
    ...answers.map((r) => `${r.name} ${r.type} ${r.ttl} ${COMPARED.includes(r.type) ? r.data : ''}`),
  ]
    .join('; ')
    .replaceAll(FOREIGN, '\ufffd')

/** Where tshark says something else, and why Holdfast is right. */
const DIFFERENCES: Readonly<Record<string, string>> = {
  'public/pcap/ndpi__fuzz-2006-06-26-2594.pcap 452':
    'octet 26 in a name: tshark writes it in octal (\\\\032), zone files in decimal (RFC 1035 §5.1)',
}

async function factsOf(file: CaptureFile): Promise<{ told: Facts; found: Facts }> {
  const rows = rowsOf(file.path, FILTER, FIELDS, file.keys).filter(hasQuestion)
  const told = new Map(rows.map((row) => [Number(row['frame.number'][0]), theirs(row)]))
  const found = new Map((await observationsOf(file, 'dns-answer')).map((o) => [o.packet, ours(o)]))
  return { told, found }
}

/** Where DNS is at all: a look at every capture would take minutes. */
const WITH_DNS =
  /gtp-iphone|bittorrent_transmission|1kxun|KakaoTalk|capwap|fuzz-2006|netflix|someip|__vxlan|teredo|ppp_ip_udp_dns|dns-edns-ecs|wikipedia|lab\/s14_|lab\/c6_/

test.skipIf(files.length === 0 || missing('tshark'))(
  'answers are those of tshark: names, types, codes, TTLs, data, in order',
  async () => {
    const differing: string[] = []
    let equal = 0
    for (const file of files.filter(({ name }) => WITH_DNS.test(name))) {
      const { told, found } = await factsOf(file)
      for (const frame of new Set([...told.keys(), ...found.keys()]))
        if (told.get(frame) === found.get(frame)) equal++
        else differing.push(`${file.name} ${frame}: tshark ${told.get(frame)} | here ${found.get(frame)}`)
    }
    const isExplained = (one: string): boolean => one.slice(0, one.indexOf(':')) in DIFFERENCES
    expect(differing.filter((one) => !isExplained(one))).toEqual([])
    expect(differing).toHaveLength(Object.keys(DIFFERENCES).length)
    expect(equal).toBeGreaterThan(ANSWERS_MIN)
  },
  120_000,
)

if (files.length === 0) console.warn('skipped, because ../shared/captures is not there: DNS against tshark')

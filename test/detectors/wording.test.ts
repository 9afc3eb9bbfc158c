import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionFilter, momentsFilter } from '../../src/detectors/wording.ts'
import { listed } from '../../src/model/listed.ts'
import { INCIDENT_TYPES, isOfAgent, type Finding } from '../../src/model/incident.ts'
import type { Endpoint, Ends } from '../../src/model/packet.ts'
import { type Sharkd, sharkd } from '../scenario/sharkd.ts'
import { tsharkFields } from '../scenario/tshark.ts'
import { scenario } from '../scenario/scenario.ts'
import { missing } from '../tools.ts'
import { analysed } from './analysis.ts'
import { STORIES } from './stories.ts'

const SERVER: Endpoint = { address: '10.10.2.10', port: 8000 }

/** All that the filter looks at: whose connection a finding is about, and whose its packets are. */
const at = (tuple: Ends | null, ...cited: readonly (Ends | null)[]): Finding => {
  const evidence = cited.map((ends, i) => ({ tap: '', packet: i + 1, at: i, ends, note: 'it' }))
  return {
    tuple,
    evidence: evidence as readonly unknown[] as Finding['evidence'],
    type: 'failover',
  } as Finding
}

/** Findings of as many agents, each from a port of its own. */
const agents = (count: number, to: Endpoint = SERVER): Finding[] =>
  Array.from({ length: count }, (_, i) => at([{ address: `10.10.1.${i + 1}`, port: 50_000 + i }, to]))

const one = (i: number): string =>
  `(ip.addr == 10.10.1.${i} && tcp.port == ${49_999 + i} && ip.addr == 10.10.2.10 && tcp.port == 8000)`
const V6: Ends = [
  { address: '2001:db8::1', port: 50_000 },
  { address: '2001:db8::10', port: 443 },
]
/** The connection of the agent with that number. */
const front = (i: number): Ends => agents(i)[i - 1]!.tuple!
/** The load balancer's own. */
const BACK: Ends = [
  { address: '10.10.3.1', port: 40_000 },
  { address: '10.10.3.11', port: 8000 },
]
const BACK_TEXT = '(ip.addr == 10.10.3.1 && tcp.port == 40000 && ip.addr == 10.10.3.11 && tcp.port == 8000)'
const turned = ([from, to]: Ends): Ends => [to, from]

const CASES: readonly [what: string, findings: readonly Finding[], filter: string][] = [
  ['no connection', [at(null)], ''],
  ['one', agents(1), one(1)],
  ['one, again and again', Array.from({ length: 9 }, () => agents(1)[0]!), one(1)],
  ['four', agents(4), `${one(1)} || ${one(2)} || ${one(3)} || ${one(4)}`],
  [
    'five: by the server, and the set of agents',
    [at(null), ...agents(5)],
    '(ip.addr == 10.10.2.10 && tcp.port == 8000 && ' +
      'ip.addr in {10.10.1.1, 10.10.1.2, 10.10.1.3, 10.10.1.4, 10.10.1.5})',
  ],
  [
    'a finding, and its packets at the other tap and before: its own first, and each once',
    [at(front(2), BACK, front(2), null, front(1), turned(BACK), turned(front(2)))],
    `${one(2)} || ${BACK_TEXT} || ${one(1)}`,
  ],
  ['packets alone', [at(null, BACK)], BACK_TEXT],
  [
    'packets of many, by the addresses at every tap',
    [at(front(1), BACK), at(front(2), BACK), at(front(3)), at(front(4))],
    '(ip.addr in {10.10.2.10, 10.10.3.11} && tcp.port == 8000 && ' +
      'ip.addr in {10.10.1.1, 10.10.1.2, 10.10.1.3, 10.10.1.4, 10.10.3.1})',
  ],
  [
    'a port that is not known',
    [at(null, [{ ...BACK[0], port: 0 }, BACK[1]])],
    '(ip.addr == 10.10.3.1 && ip.addr == 10.10.3.11 && tcp.port == 8000)',
  ],
  [
    'many, and a port that is not known',
    [...agents(5), at(null, [V6[0], { ...V6[1], port: 0 }])],
    '(ip.addr == 10.10.2.10 && tcp.port == 8000 && ' +
      'ip.addr in {10.10.1.1, 10.10.1.2, 10.10.1.3, 10.10.1.4, 10.10.1.5}) || ' +
      '(ipv6.addr == 2001:db8::10 && ipv6.addr == 2001:db8::1)',
  ],
  [
    'many of one agent, to several servers',
    [8000, 8001, 8001, 8002, 8002].map((port, i) =>
      at([
        { address: '10.10.1.1', port: 50_000 + i },
        { address: `10.10.3.${port - 7989}`, port },
      ]),
    ),
    '(ip.addr in {10.10.3.11, 10.10.3.12, 10.10.3.13} && tcp.port in {8000, 8001, 8002} && ip.addr == 10.10.1.1)',
  ],
  ['more agents than can be read', agents(17), '(ip.addr == 10.10.2.10 && tcp.port == 8000)'],
  [
    'both IP versions',
    [...agents(4), at(V6)],
    '(ip.addr == 10.10.2.10 && tcp.port == 8000 && ' +
      'ip.addr in {10.10.1.1, 10.10.1.2, 10.10.1.3, 10.10.1.4}) || ' +
      '(ipv6.addr == 2001:db8::10 && tcp.port == 443 && ipv6.addr == 2001:db8::1)',
  ],
  [
    'more of everything',
    Array.from({ length: 20 }, (_, i) =>
      at([
        { address: `10.10.1.${i}`, port: 50_000 },
        { address: `10.10.3.${i}`, port: 8000 + i },
      ]),
    ),
    '(ip)',
  ],
]

describe('the display filter of connections', () => {
  test.each(CASES)('%s', (_what, findings, filter) => {
    expect(connectionFilter(findings)).toBe(filter)
  })

  test('stays short, whatever there is', () => {
    const far = (i: number): Endpoint => ({
      address: `2001:db8:ffff:ffff:ffff:ffff:ffff:ff${i + 10}`,
      port: 60_000 + i,
    })
    for (const count of [3, 4, 16, 10_000]) {
      const findings = Array.from({ length: count }, (_, i) => at([far(i % 90), far((i + 45) % 90)]))
      expect(connectionFilter(findings).length).toBeLessThan(1_600)
    }
  })
})

test('the moments of connections are looked for at the ports that they lead to', () => {
  const is = (...findings: readonly Finding[]): string => momentsFilter(findings, ['fin', 'reset'])
  const flags = '(tcp.flags.fin == 1 || tcp.flags.reset == 1)'
  expect(is(at(front(1)), at(null, BACK))).toBe(`tcp.port == 8000 && ${flags}`)
  expect(is(at(front(1), V6))).toBe(`tcp.port in {443, 8000} && ${flags}`)
  expect(is(at(null))).toBe('')
})

describe.skipIf(missing('sharkd') || missing('tshark'))('Wireshark takes', () => {
  let wireshark: Sharkd
  beforeAll(() => {
    wireshark = sharkd()
  })
  afterAll(() => wireshark.close())

  /** Twenty agents at two servers; the frames of each. */
  const capture = (): Uint8Array => {
    const s = scenario()
    for (let i = 1; i <= 20; i++)
      s.connect(`10.10.1.${i}`, `10.10.2.${i % 2 === 0 ? 10 : 11}:8000`).agent.sends('hello')
    return s.captures().get('client')!
  }

  test.each(CASES.filter(([, , filter]) => filter !== ''))(
    'the filter for %s',
    async (_what, _findings, filter) => {
      await wireshark.load(capture())
      await expect(wireshark.frames(filter)).resolves.toBeDefined()
    },
  )

  test('and says what is wrong with one that is none', async () => {
    await wireshark.load(capture())
    await expect(wireshark.frames('ip.addr == ')).rejects.toThrow('Filter expression invalid')
  })

  test('and it finds just those connections', () => {
    const found = tsharkFields(capture(), ['ip.src', 'ip.dst'], connectionFilter(agents(10)))
    const clients = new Set(found.flat().filter((address) => address !== SERVER.address))
    expect([...clients].toSorted()).toEqual([10, 2, 4, 6, 8].map((i) => `10.10.1.${i}`))
  })
})

test.each(INCIDENT_TYPES.filter((type) => !isOfAgent({ type, agent: null })))(
  '%s is about no agent in particular',
  async (type) => {
    const { config, play } = STORIES[type]
    const analysis = await analysed(play(), { config })
    expect(analysis.findings(type).filter(({ agent }) => agent !== null)).toEqual([])
    expect(analysis.incident(type).agents).toBe(0)
  },
)

test.each([
  [['a'], 'a'],
  [['a', 'b'], 'a and b'],
  [['a', 'b', 'c'], 'a, b and c'],
])('%j are listed', (words, text) => expect(listed(words)).toBe(text))

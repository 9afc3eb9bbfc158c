import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionFilter } from '../../src/detectors/wording.ts'
import { listed } from '../../src/model/listed.ts'
import { INCIDENT_TYPES, isOfAgent, type Finding } from '../../src/model/incident.ts'
import type { Endpoint } from '../../src/model/packet.ts'
import { type Sharkd, sharkd } from '../scenario/sharkd.ts'
import { tsharkFields } from '../scenario/tshark.ts'
import { scenario } from '../scenario/scenario.ts'
import { missing } from '../tools.ts'
import { analysed } from './analysis.ts'
import { STORIES } from './stories.ts'

const SERVER: Endpoint = { address: '10.10.2.10', port: 8000 }

/** All that the filter looks at. */
const at = (tuple: readonly [Endpoint, Endpoint] | null): Finding => ({ tuple }) as Finding

/** Findings of as many agents, each from a port of its own. */
const agents = (count: number, to: Endpoint = SERVER): Finding[] =>
  Array.from({ length: count }, (_, i) => at([{ address: `10.10.1.${i + 1}`, port: 50_000 + i }, to]))

const one = (i: number): string =>
  `(ip.addr == 10.10.1.${i} && tcp.port == ${49_999 + i} && ip.addr == 10.10.2.10 && tcp.port == 8000)`
const V6: readonly [Endpoint, Endpoint] = [
  { address: '2001:db8::1', port: 50_000 },
  { address: '2001:db8::10', port: 443 },
]

const CASES: readonly [what: string, findings: readonly Finding[], filter: string][] = [
  ['no connection', [at(null)], ''],
  ['one', agents(1), one(1)],
  ['one, again and again', Array.from({ length: 9 }, () => agents(1)[0]!), one(1)],
  ['three', agents(3), `${one(1)} || ${one(2)} || ${one(3)}`],
  [
    'four: by the server, and the set of agents',
    [at(null), ...agents(4)],
    '(ip.addr == 10.10.2.10 && tcp.port == 8000 && ip.addr in {10.10.1.1, 10.10.1.2, 10.10.1.3, 10.10.1.4})',
  ],
  [
    'many of one agent, to several servers',
    [8000, 8001, 8001, 8002].map((port, i) =>
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
    [...agents(3), at(V6)],
    '(ip.addr == 10.10.2.10 && tcp.port == 8000 && ip.addr in {10.10.1.1, 10.10.1.2, 10.10.1.3}) || ' +
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

  test.each([...INCIDENT_TYPES])('that of %s, and finds what the incident is about', async (type) => {
    const { config, play } = STORIES[type]
    const story = play()
    const analysis = await analysed(story, { config })
    const { filter } = analysis.incident(type)
    const taps = new Set(analysis.findings(type).map((finding) => finding.tap))
    for (const tap of taps) {
      const capture = story.captures().get(tap)!
      await wireshark.load(capture)
      if ((await wireshark.frames(filter, 1)).length > 0) continue
      // It recognises HTTP on other ports less readily than tshark does.
      expect(tsharkFields(capture, ['frame.number'], filter)).not.toEqual([])
    }
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

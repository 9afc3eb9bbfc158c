import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openInput } from '../../../collectors/index.ts'
import { analysisInput } from '../../../src/cli/analysis-input.ts'
import { type OneSidedPool, OneSidedRelays } from '../../../src/cli/analyze/one-sided-relays.ts'
import { openInputs } from '../../../src/cli/analyze/inputs.ts'
import { type Ahead, withSeenRelays } from '../../../src/cli/analyze/relays.ts'
import type { SeenRelays } from '../../../src/cli/config/seen-relays.ts'
import { RelayPromise } from '../../../src/cli/analyze/relay-promise.ts'
import { run } from '../../../src/cli/main.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { endpointText } from '../../../src/model/packet.ts'
import type { SummaryRecord } from '../../../src/model/record.ts'
import { seconds } from '../../../src/model/time.ts'
import { analyze, type AnalysisOptions } from '../../../src/pipeline/monitor.ts'
import { memorySource } from '../../collectors/reading.ts'
import { FIXTURES } from '../../fixtures/cases.ts'
import { nat, request, response, type Scenario, scenario } from '../../scenario/scenario.ts'
import { folder } from '../../store/database.ts'
import { recordedConsole } from '../console.ts'

const RELAY = '10.10.3.1'
const S1 = '10.10.3.11:8000'
const S2 = '10.10.3.12:8000'

/** Connects and says nothing. */
const checks = (s: Scenario, server: string, from = RELAY): void =>
  void s.connect(from, server).agent.closes()

/** Brings a server what an agent says. */
function uses(s: Scenario, server: string, from = RELAY, name = 'EPA-1'): void {
  const { agent } = s.connect(from, server)
  agent.sends(`agent=${name} hello from the endpoint`).receives('policy'.repeat(100))
  agent.closes()
}

interface Pace {
  readonly servers?: readonly string[]
  readonly from?: string
  readonly rounds?: number
  readonly every?: (round: number) => number
}

/** Checks of all servers in turn. */
function checked(
  s: Scenario,
  { servers = [S1, S2], from = RELAY, rounds = 6, every = () => 10 }: Pace = {},
): Scenario {
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) checks(s, server, from)
    s.wait(seconds(every(round)))
  }
  return s
}

const BASIS: AnalysisOptions = {
  deployment: EMPTY_DEPLOYMENT,
  secrets: null,
  from: null,
  to: null,
  onProgress: null,
}

/** Analyses what the tap nearest to the servers has. */
async function analyzedWith(s: Scenario, options: Partial<AnalysisOptions>): Promise<SummaryRecord> {
  const capture = [...s.captures().values()].at(-1)!
  const input = await openInput(memorySource(capture), { path: 'server.pcap' })
  const tap = { tap: '', path: 'server.pcap', sha256: null, secrets: [] }
  return analyze([analysisInput(input, tap)], { ...BASIS, ...options }, [])
}

async function seen(s: Scenario): Promise<OneSidedRelays> {
  const oneSided = new OneSidedRelays()
  await analyzedWith(s, { followers: [oneSided] })
  return oneSided
}

const short = ({ relay, servers, why }: OneSidedPool): string =>
  `${relay} before ${servers.map(endpointText).join(' and ')}: ${why}`

const poolsOf = async (s: Scenario): Promise<string[]> => (await seen(s)).pools().map(short)

describe('a relay shows itself', () => {
  test('by checks of all its servers, and by what it brings them', async () => {
    const s = scenario()
    uses(s, S1)
    expect(await poolsOf(checked(s))).toEqual([
      `${RELAY} before ${S1} and ${S2}: it checks their health (12 times)`,
    ])
  })

  test('by requests that only checks make', async () => {
    const s = scenario()
    uses(s, S1)
    for (let round = 0; round < 5; round++) {
      for (const server of [S1, S2]) {
        const { agent } = s.connect(RELAY, server)
        agent.sends('OPTIONS / HTTP/1.0\r\n\r\n').receives('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n')
        agent.closes()
      }
      s.wait(seconds(2))
    }
    expect(await poolsOf(s)).toEqual([`${RELAY} before ${S1} and ${S2}: it checks their health (10 times)`])
  })

  test('for each port by itself, and a server alone there is a pool', async () => {
    const s = scenario()
    const mail = '10.10.3.11:25'
    uses(s, S1)
    checked(s, { servers: [S1, S2, mail], every: () => 30.1 })
    expect(await poolsOf(s)).toEqual([
      `${RELAY} before ${S1} and ${S2}: it checks their health (12 times)`,
      `${RELAY} before ${mail}: it checks their health (6 times)`,
    ])
  })
})

/** Passes a client's request on. */
function passes(
  s: Scenario,
  server: string,
  client: string,
  host = 'app.example.com',
  more: object = {},
): void {
  const { agent } = s.connect(RELAY, server)
  agent
    .sends(request('GET', '/', { host, headers: { 'X-Forwarded-For': client, ...more } }))
    .receives(response())
  agent.closes()
}

const WEB1 = '10.10.3.11:80'
const WEB2 = '10.10.3.12:80'

describe('a relay says whose requests it passes on', () => {
  test('and so names itself, its servers and their clients', async () => {
    const s = scenario()
    passes(s, WEB1, '10.10.1.101')
    passes(s, WEB2, '10.10.1.102, 10.10.1.103')
    expect(await poolsOf(s)).toEqual([
      `${RELAY} before ${WEB1} and ${WEB2}: it passes on what 2 clients ask (2 requests)`,
    ])
  })

  test('for each host by itself', async () => {
    const s = scenario()
    passes(s, WEB1, '10.10.1.101')
    passes(s, WEB2, '10.10.1.102', 'mail.example.com')
    expect(await poolsOf(s)).toEqual([
      `${RELAY} before ${WEB1}: it passes on what 2 clients ask (1 request)`,
      `${RELAY} before ${WEB2}: it passes on what 2 clients ask (1 request)`,
    ])
  })

  test.each<[string, (s: Scenario) => void]>([
    [
      'one client claims what it likes',
      (s) => {
        passes(s, WEB1, '10.10.1.101')
        passes(s, WEB2, '10.10.1.101')
      },
    ],
    [
      'a proxy of the clients, which asks a content network',
      (s) => {
        passes(s, '203.0.113.11:80', '10.10.1.101')
        passes(s, '203.0.113.12:80', '10.10.1.102')
      },
    ],
  ])('not where %s', async (_what, play) => {
    const s = scenario()
    play(s)
    expect(await poolsOf(s)).toEqual([])
  })
})

describe('others who connect and say nothing are no relay', () => {
  test.each<[string, (s: Scenario) => void]>([
    ['a monitor, which brings nobody', (s) => checked(s)],
    [
      'a monitor beside the agents',
      (s) => {
        uses(s, S1, '10.10.1.101')
        checked(s, { from: '10.10.1.99' })
      },
    ],
    [
      'a monitor and agents of other systems behind one address',
      (s) => {
        const map = { '10.10.1.101': RELAY, '10.10.1.99': RELAY }
        s.behind(nat({ map, ports: 'allocated' })).host('10.10.1.99', { system: 'linux' })
        uses(s, S1, '10.10.1.101')
        checked(s, { from: '10.10.1.99' })
      },
    ],
    [
      'an agent that looks at its one server',
      (s) => {
        uses(s, S1)
        checked(s, { servers: [S1] })
      },
    ],
    [
      'somebody who comes when it pleases him',
      (s) => {
        uses(s, S1)
        checked(s, { every: (round) => [3, 11, 5, 29, 7, 2][round]! })
      },
    ],
    [
      'a monitor that comes every minute',
      (s) => {
        uses(s, S1)
        checked(s, { every: () => 60 })
      },
    ],
    [
      'too few to tell',
      (s) => {
        uses(s, S1)
        checked(s, { rounds: 3 })
      },
    ],
  ])('%s', async (_who, play) => {
    const s = scenario()
    play(s)
    expect(await poolsOf(s)).toEqual([])
  })
})

describe('the beginning promises a relay', () => {
  const promises = async (s: Scenario): Promise<boolean> => {
    const promise = new RelayPromise()
    await analyzedWith(s, { followers: [promise] })
    return promise.made
  }
  const told = (play: (s: Scenario) => void): Promise<boolean> => {
    const s = scenario()
    play(s)
    return promises(s)
  }

  test('with the second check of a server', async () => {
    expect(await told((s) => checked(s, { rounds: 1 }))).toBe(false)
    expect(await told((s) => checked(s, { rounds: 2 }))).toBe(true)
  })

  test('whether checks end orderly or by a reset', async () => {
    const resets = (s: Scenario): void => void s.connect(RELAY, S1).agent.resets()
    expect(await told(resets)).toBe(false)
    expect(await told((s) => (resets(s), resets(s)))).toBe(true)
  })

  test('with the second request of one who names itself a check', async () => {
    const asks = (s: Scenario): void => {
      const { agent } = s.connect(RELAY, WEB1)
      agent.sends(request('GET', '/healthz')).receives(response())
      agent.closes()
    }
    expect(await told(asks)).toBe(false)
    expect(await told((s) => (asks(s), asks(s)))).toBe(true)
  })

  test('with the first request that is passed on', async () => {
    expect(await told((s) => passes(s, WEB1, '10.10.1.101'))).toBe(true)
  })

  test('and not by what agents do, or by servers that leave', async () => {
    const leaves = (s: Scenario): void => void s.connect(RELAY, S1).server.closes()
    const play = (s: Scenario): void => {
      for (let i = 0; i < 3; i++) [uses, leaves].forEach((act) => act(s, S1))
    }
    expect(await told(play)).toBe(false)
  })
})

test('a suggested configuration has the relay and its pool', async () => {
  const s = scenario()
  uses(s, S1)
  const [path] = checked(s).save(folder())
  const { written, ...console } = recordedConsole()
  await run(['config', 'suggest', path!], console)
  expect(written.out).toMatch(
    /^  - name: service-8000 # clients behind 10\.10\.3\.1, \d+ connections; 2 endpoints/m,
  )
  expect(written.out).toMatch(/^  - role: load-balancer # 10\.10\.3\.1 stands before 2 servers: it checks/m)
})

describe('an analysis that can begin again', () => {
  /** Packets of each attempt at it, how often the capture was read besides, and the relays at last. */
  async function attempts(s: Scenario) {
    const packets: number[] = []
    let reads = 0
    const [path] = s.save(folder())
    const read = async (ahead: Ahead): Promise<void> => {
      reads++
      await analyzedWith(s, ahead)
    }
    const attempt = async ({ notes, deployment }: SeenRelays, ahead: Ahead = {}) => {
      packets.push((await analyzedWith(s, { ...ahead, deployment })).packets)
      return notes.length
    }
    const relays = await withSeenRelays(EMPTY_DEPLOYMENT, [path!], read, attempt)
    return { packets, reads, relays }
  }

  /** More frames than a batch has. */
  function many(s: Scenario): void {
    for (let i = 0; i < 2000; i++) uses(s, S2, RELAY, `EPA-${i}`)
  }

  test('is made once where its beginning promises no relay, whatever comes later', async () => {
    const s = scenario()
    many(s)
    s.wait(seconds(90))
    many(s)
    const whole = (await analyzedWith(checked(s), {})).packets
    expect(await attempts(s)).toEqual({ packets: [whole], reads: 0, relays: 0 })
  })

  test('begins again with the relay that its beginning promised', async () => {
    const s = scenario()
    uses(s, S1)
    checked(s)
    const whole = (await analyzedWith(s, {})).packets
    expect(await attempts(s)).toEqual({ packets: [whole, whole], reads: 1, relays: 1 })
  })

  test('is made once where what was promised does not show, and nothing was left out', async () => {
    const s = checked(scenario(), { servers: [S1], rounds: 2 })
    const whole = (await analyzedWith(s, {})).packets
    expect(await attempts(s)).toEqual({ packets: [whole], reads: 1, relays: 0 })
  })

  test('ends its first attempt where the beginning does', async () => {
    const s = scenario()
    uses(s, S1)
    many(checked(s))
    s.wait(seconds(90))
    many(s)
    const { packets, reads, relays } = await attempts(s)
    expect([packets.length, reads, relays]).toEqual([2, 1, 1])
    expect(packets[0]).toBeLessThan(packets[1]!)
  })
})

/** What the command says of a capture of the servers' side, without a configuration. */
async function analyzed(s: Scenario, ...words: string[]): Promise<string> {
  const [path] = s.save(folder())
  const { written, ...console } = recordedConsole()
  await run(['analyze', '--quiet', ...words, path!], console)
  return written.out
}

describe('one capture of the servers’ side', () => {
  const hop = (server: string): Scenario => {
    const s = scenario()
    uses(s, S1)
    checked(s)
    uses(s, server)
    return checked(s, { rounds: 2 })
  }

  test('names the relay, and holds it to account', async () => {
    const text = await analyzed(hop(S2))
    expect(text).toMatch(
      / relay +10\.10\.3\.1 stands before 10\.10\.3\.11:8000 and 10\.10\.3\.12:8000: it checks their\s+health/,
    )
    expect(text).not.toMatch(/agents +1 identified by address/)
  })

  test.each([
    ['html', '<li>10.10.3.1 stands before 10.10.3.11:8000 and 10.10.3.12:8000: it checks'],
    ['markdown', '- 10.10.3.1 stands before 10.10.3.11:8000 and 10.10.3.12:8000: it checks'],
    ['ndjson', '"relays":["10.10.3.1 stands before 10.10.3.11:8000 and 10.10.3.12:8000: it checks'],
  ])('tells of it in %s', async (format, line) => {
    expect(await analyzed(hop(S2), '--format', format)).toContain(line)
  })

  test('knows the agents by what the relay says of them', async () => {
    const s = scenario()
    for (const client of ['10.10.1.101', '10.10.1.102', '10.10.1.103']) {
      passes(s, WEB1, client)
      s.wait(seconds(30))
      passes(s, WEB2, client)
    }
    const text = await analyzed(s)
    expect(text).toMatch(/agents +3 identified by the address that a proxy forwards/)
    expect(text).toContain('Agents of port 80 behind 10.10.3.1 hop between servers')
  })

  test('says nothing of one that is not there', async () => {
    const s = scenario()
    uses(s, S1)
    expect(await analyzed(s)).not.toContain('stands before')
  })

  test.each([
    ['nat-rebind', 1, 0],
    ['severed-by-load-balancer', 2, 1],
  ])('is its own look at both sides: %s', async (name, made, relays) => {
    const names = ['client', 'server'].map((tap) => ({ tap, path: join(FIXTURES, name, `${tap}.pcap.gz`) }))
    let attempted = 0
    const attempt = async ({ notes, deployment }: SeenRelays, ahead: Ahead = {}) => {
      attempted++
      const { inputs, close } = await openInputs(names, false)
      await analyze(inputs, { ...BASIS, deployment, ...ahead }, []).finally(close)
      return notes.length
    }
    const read = () => Promise.reject(new Error('read besides'))
    const paths = names.map(({ path }) => path)
    expect(await withSeenRelays(EMPTY_DEPLOYMENT, paths, read, attempt)).toBe(relays)
    expect(attempted).toBe(made)
  })
})

/** A client-side capture of a load balancer whose cookie tells the server: stories from the octets on. */
import { describe, expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../../detectors/analysis.ts'
import { shareServer } from '../../../src/sessions/relays/hidden-servers.ts'
import { A1, A2, BALANCER, DLP1, DLP2, VIP } from '../../detectors/stories.ts'
import { loadBalancer, request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { Parties } from '../parties.ts'

/** `10.10.3.11` at port 80 as BIG-IP writes it. */
const f5 = (address: string): string =>
  `BIGipServerp=${Buffer.from(address.split('.').map(Number)).readUInt32LE()}.20480.0000; path=/`

const CONFIG = {
  services: [
    {
      name: 'web',
      profile: 'generic',
      ports: [80],
      vips: [VIP],
      persistence: 'sticky',
      servers: [
        { name: 'one', addresses: [DLP1] },
        { name: 'two', addresses: [DLP2] },
      ],
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
}

/** A load balancer with a cookie, which picks these servers, one for each connection. */
const behind = (picks: readonly string[], cookie: (server: string) => string | null = f5): Scenario =>
  scenario().behind(
    loadBalancer({
      vip: { address: VIP, port: 80 },
      address: BALANCER,
      idle: seconds(300),
      manner: 'fin',
      pick: (n) => picks[n]!,
      injects: cookie,
    }),
  )

function asks(s: Scenario, name: string, from: string, cookie?: string): void {
  const { agent } = s.connect(from, `${VIP}:80`)
  const parts = { headers: { 'X-Agent-Id': name }, ...(cookie === undefined ? {} : { cookie }) }
  agent.sends(request('GET', '/', parts)).receives(response())
  agent.closes()
  s.wait(seconds(1))
}

const CLIENT = { config: CONFIG, taps: ['client'] }
const sessions = async (s: Scenario, seen: Parameters<typeof analysed>[1] = CLIENT) =>
  (await analysed(s, seen))
    .of('session')
    .map(({ agent, server, endedBy }) => `${agent} at ${server}: ${endedBy}`)

describe('behind a load balancer that was captured in front only', () => {
  test('the cookie that it sets tells the server', async () => {
    const s = behind([DLP2, DLP1])
    asks(s, 'A1', A1)
    asks(s, 'A2', A2)
    expect(await sessions(s)).toEqual(['A1 at two: agent', 'A2 at one: agent'])
    const told = await analysed(s, CLIENT)
    expect(told.of('connection').map(({ server }) => server)).toEqual(['two', 'one'])
  })

  test('so does the one that the client presents', async () => {
    const s = behind([DLP2], () => null)
    asks(s, 'A1', A1, f5(DLP2).split(';')[0])
    expect(await sessions(s)).toEqual(['A1 at two: agent'])
  })

  test.each([
    ['a label', () => 'SERVERID=two'],
    ['an encrypted value', () => 'BIGipServerp=!hV3kQz0nPqzVXvJm='],
    ['an address that is no server of the service', () => f5('10.9.9.9')],
  ])('%s tells none', async (_what, cookie) => {
    const s = behind([DLP2], cookie)
    asks(s, 'A1', A1)
    expect(await sessions(s)).toEqual([])
  })

  test('what the other side shows comes before what a cookie says', async () => {
    const s = behind([DLP1, DLP1], () => f5(DLP2)) // it lies
    asks(s, 'A1', A1)
    asks(s, 'A1', A1)
    expect(await sessions(s, { config: CONFIG })).toEqual(['A1 at one: agent'])
  })
})

describe('an agent whose cookie changes', () => {
  test('has hopped, if another one shows that its server was well', async () => {
    const s = behind([DLP1, DLP1, DLP2])
    asks(s, 'A1', A1)
    s.wait(seconds(20))
    asks(s, 'A2', A2)
    asks(s, 'A1', A1)
    const [found, ...more] = (await analysed(s, CLIENT)).findings('server-hop')
    expect(more).toEqual([])
    expect(inShort(found!)).toBe(
      'warning server-hop 22.104 client | A1 10.10.1.101 at two | load-balancer 10.10.3.1 |  | client 5, client 14, client 23',
    )
    expect(found!.evidence.map(({ note }) => note)).toEqual([
      'the agent at one (by the cookie BIGipServerp)',
      'one answers: it is well',
      'at two (by the cookie BIGipServerp), 22.1 s after its last packet at one',
    ])
    expect(found!.details).toMatchObject({ previousServer: 'one', previousServerHealthy: true })
  })

  test('may have been sent away from a server that failed, if nothing shows otherwise', async () => {
    const s = behind([DLP1, DLP2])
    asks(s, 'A1', A1)
    s.wait(seconds(20))
    asks(s, 'A1', A1)
    expect((await analysed(s, CLIENT)).told).toEqual([])
  })

  test('is not proved wrong by a cookie that another one only presents', async () => {
    const s = behind([DLP1, DLP1, DLP2], (server) => (server === DLP2 ? f5(server) : null))
    const presented = f5(DLP1).split(';')[0]
    asks(s, 'A1', A1, presented)
    s.wait(seconds(20))
    asks(s, 'A2', A2, presented)
    asks(s, 'A1', A1, presented)
    expect((await analysed(s, CLIENT)).told).toEqual([])
  })
})

test('what a relay passes on to another is of the service that agents asked for', () => {
  const inner = { address: '10.10.4.10', port: 80 }
  const between = (config: typeof CONFIG): string => {
    const parties = new Parties(config)
    const front = parties.sighting({ leg: 'front', to: { address: VIP, port: 80 } })
    const passedOn = parties.sighting({
      leg: 'front',
      tap: 'middle',
      from: { address: BALANCER, port: 1 },
      to: inner,
    })
    passedOn.openedFor(front.originator.address)
    front.path.join(passedOn.path, 'PROXY header')
    shareServer(front.path)
    return passedOn.service.name
  }
  const other = { ...CONFIG.services[0]!, name: 'inner', vips: [inner.address], servers: [] }
  expect([between(CONFIG), between({ ...CONFIG, services: [...CONFIG.services, other] })]).toEqual([
    'web',
    'inner',
  ])
})

import { expect, test } from 'vitest'
import { seconds } from '../../../src/model/time.ts'
import type { Device } from '../../scenario/devices/device.ts'
import { flowKey, has, SYN } from '../../scenario/packet.ts'
import { type Conversation, scenario, type Scenario } from '../../scenario/scenario.ts'
import { analysed } from '../analysis.ts'
import { agentAt, attachAll, DLP1, DLP2, FLEET } from './many.ts'

const config = { ...FLEET, devices: [{ role: 'firewall', name: 'fw', addresses: ['10.10.1.1'] }] }

/** A firewall that forgets, when it is told to, all connections that it knows, and drops what comes of them;
 * `ofOne`: those of one agent. */
function flushing(): { readonly device: Device; flush(ofOne?: string): void } {
  const known = new Set<string>()
  const forgotten = new Set<string>()
  const device: Device = (position) => (packet, heading) => {
    const key = flowKey(packet)
    if (has(packet, SYN)) forgotten.delete(key)
    if (forgotten.has(key)) return
    known.add(key)
    position.forward(packet, heading)
  }
  const flush = (ofOne = ''): void => known.forEach((key) => key.includes(ofOne) && forgotten.add(key))
  return { device, flush }
}

/** Agents at two servers, of which each beats at an interval of its own: the nth every 70 + 10 n seconds. */
class Beating {
  readonly s: Scenario
  private readonly all: { conversation: Conversation; due: number }[]

  constructor(device: Device, count: number) {
    this.s = scenario().behind(device)
    for (const address of [DLP1, DLP2]) this.s.host(address, { side: 'servers' })
    this.all = Array.from({ length: count }, (_, n) => this.attach(n))
  }

  private attach(n: number) {
    const conversation = this.s.connect(agentAt(n), `${[DLP1, DLP2][n % 2]}:8000`)
    conversation.agent.sends(`agent=B${n} hello`).receives('policies')
    return { conversation, due: this.s.now + seconds(70 + 10 * n) }
  }

  /** For so long. */
  goOn(span: number): void {
    const end = this.s.now + span
    for (;;) {
      const n = this.all.reduce((least, { due }, i) => (due < this.all[least]!.due ? i : least), 0)
      const next = this.all[n]!
      if (next.due > end) return this.s.wait(end - this.s.now)
      if (next.due > this.s.now) this.s.wait(next.due - this.s.now)
      next.conversation.agent.sends('beat').receives('ok')
      next.due = this.s.now + seconds(70 + 10 * n)
    }
  }

  /** One beats, meets nobody, and comes back. */
  loses(n: number): void {
    this.all[n]!.conversation.agent.sends('beat')
    this.s.wait(seconds(12))
    this.all[n] = this.attach(n)
  }

  /** So do all of them, one right after the other: such that their silences are of different lengths. */
  loseAll(): void {
    const { length } = this.all
    for (let i = 0; i < length; i++) {
      this.all[(i * STEP) % length]!.conversation.agent.sends('beat')
      this.s.wait(seconds(0.3))
    }
    this.s.wait(seconds(12))
    this.all.forEach((_, n) => (this.all[n] = this.attach(n)))
  }
}

/** Prime to the number of agents. */
const STEP = 7
const ALL = [0, 1, 2, 3, 4, 5]

test('a firewall that forgets all connections at one moment has no timer', async () => {
  const { device, flush } = flushing()
  const beating = new Beating(device, ALL.length)
  beating.goOn(seconds(400))
  beating.s.wait(seconds(62))
  flush()
  for (const n of ALL) beating.loses(n)
  beating.goOn(seconds(200))
  const analysis = await analysed(beating.s, { config, taps: ['client'] })
  expect(analysis.findings('severed-idle')).toHaveLength(6)
  const { title, summary, remedy, details } = analysis.incident('severed-idle')
  expect({ title, summary, remedy }).toEqual({
    title: 'The firewall 10.10.1.1 forgot its connections',
    summary:
      '6 idle connections of 6 agents to dlp were lost at one moment, between 21 Nov 2026 02:06:40 UTC and 21 Nov 2026 02:07:42 UTC. The next segment on each met nobody, after 74.0 to 180.1 s without a packet. Silences of up to 120.0 s were survived: no one timer explains that.',
    remedy:
      'Look in the log of the firewall 10.10.1.1 at that time for a failover, a restart, a flush of its table of connections or a change of its policy. Where it is a cluster, let its members synchronise their connections.',
  })
  expect(details['timer']).toMatchObject({ lowerSeconds: null, upperSeconds: null, candidates: [] })
})

test('one that forgets twice, and those of one server', async () => {
  const { device, flush } = flushing()
  const beating = new Beating(device, 12)
  const even = [0, 2, 4, 6, 8, 10]
  for (const _time of [1, 2]) {
    beating.goOn(seconds(500))
    beating.s.wait(seconds(62))
    flush(`${DLP1} `)
    for (const n of even) beating.loses(n)
  }
  beating.goOn(seconds(400))
  const { title, summary } = (await analysed(beating.s, { config, taps: ['client'] })).incident(
    'severed-idle',
  )
  expect(title).toBe('The firewall 10.10.1.1 forgot its connections twice')
  expect(summary).toMatch(
    /^12 idle connections of 6 agents to dlp were lost at 2 moments: 6 of them between .* UTC; 6 of them between .* All of them led to dlp1, whose host may have been restarted as well\.$/,
  )
})

test('nor has one that loses a single connection where others outlived such silences', async () => {
  const { device, flush } = flushing()
  const beating = new Beating(device, ALL.length)
  beating.goOn(seconds(400))
  beating.s.wait(seconds(60))
  flush(agentAt(0))
  beating.loses(0)
  beating.goOn(seconds(200))
  const { title, summary } = (await analysed(beating.s, { config, taps: ['client'] })).incident(
    'severed-idle',
  )
  expect({ title, summary }).toEqual({
    title: 'The firewall 10.10.1.1 loses idle connections, by no timer',
    summary:
      'The next segment on 1 idle connection of 1 agent to dlp met nobody, after 110.0 s without a packet. Silences of up to 142.0 s were survived: no one timer explains that.',
  })
})

test('many that are lost within seconds of each other are lost all the same', async () => {
  const { device, flush } = flushing()
  const beating = new Beating(device, 16)
  beating.goOn(seconds(400))
  beating.s.wait(seconds(62))
  flush()
  beating.loseAll()
  beating.goOn(seconds(200))
  const analysis = await analysed(beating.s, { config, taps: ['client'] })
  expect(analysis.findings('severed-idle')).toHaveLength(16)
  expect(analysis.incident('severed-idle').title).toBe('The firewall 10.10.1.1 forgot its connections')
})

test('a timer is that of most: what was lost before it is told beside it', async () => {
  const { device, flush } = flushing()
  const s = scenario().behind(device)
  const all = attachAll(s, 7)
  const loses = (n: number): void => {
    flush(agentAt(n))
    all[n]!.agent.sends('beat')
    s.wait(seconds(12))
    s.connect(agentAt(n), `${DLP1}:8000`).agent.sends(`agent=B${n} hello`).receives('policies')
  }
  s.wait(seconds(62))
  loses(0)
  s.wait(seconds(268))
  for (const { agent } of all.slice(1)) agent.sends('beat').receives('ok')
  s.wait(seconds(360))
  for (const n of [1, 2, 3, 4, 5, 6]) loses(n)
  s.wait(seconds(10))
  const { title, summary, remedy, details } = (await analysed(s, { config, taps: ['client'] })).incident(
    'severed-idle',
  )
  expect({ title, summary, remedy }).toEqual({
    title: 'The firewall 10.10.1.1 severs idle connections after 348 to 360 s',
    summary:
      '7 idle connections of 7 agents to dlp were severed silently after 69.1 to 420.1 s without a packet, so that what was sent afterwards met nobody. Silences of up to 348.1 s were survived. This timer does not explain that 1 of them was severed after 69.1 s. The agents had not closed them; that the server had not, captures of both sides would prove.',
    remedy:
      'Raise the idle timeout of the firewall 10.10.1.1 above the longest silence that the product needs, or switch it off for this service; until then, a keep-alive every 278.4 s or less keeps the connections open.',
  })
  expect(details['timer']).toMatchObject({ candidates: ['AWS Network Firewall (350 s)'] })
})

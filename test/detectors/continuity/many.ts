/** A dozen agents of DLP that stay connected, say something now and then, and lose their connections
 * together. */
import { seconds } from '../../../src/model/time.ts'
import { scenario } from '../../scenario/scenario.ts'
import type { Conversation, Scenario } from '../../scenario/scenario.ts'

export const DLP1 = '10.10.3.11',
  DLP2 = '10.10.3.12',
  VIP = '10.10.2.10',
  BALANCER = '10.10.3.1'

/** Agents that keep one connection each, and say their names first. */
export const FLEET = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      ports: [8000],
      vips: [VIP],
      servers: [
        { name: 'dlp1', addresses: [DLP1] },
        { name: 'dlp2', addresses: [DLP2] },
      ],
      identity: [{ payloadPattern: 'agent=(\\w+)' }],
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
} as const

export const agentAt = (n: number): string => `10.10.1.${101 + n}`

/** One after the other, seconds apart; each says its name. */
export function attachAll(s: Scenario, count: number, apart = 1, to = `${DLP1}:8000`): Conversation[] {
  return Array.from({ length: count }, (_, n) => {
    const conversation = s.connect(agentAt(n), to)
    conversation.agent.sends(`agent=B${n} hello`).receives('policies')
    s.wait(seconds(apart))
    return conversation
  })
}

/** Heartbeats of all, so many times, a third of a minute apart. */
export function beat(s: Scenario, all: readonly Conversation[], times: number): void {
  for (let i = 0; i < times; i++) {
    for (const { agent } of all) agent.sends('beat').receives('ok')
    s.wait(seconds(20))
  }
}

/** The server ends them all: it restarts. */
export const restarts = (all: readonly Conversation[]): void => {
  for (const { server } of all) server.closes()
}

export function steady(count = 12, to = `${DLP1}:8000`): { s: Scenario; all: Conversation[] } {
  const s = scenario()
  for (const address of [DLP1, DLP2]) s.host(address, { side: 'servers' })
  const all = attachAll(s, count, 1, to)
  beat(s, all, 4)
  return { s, all }
}

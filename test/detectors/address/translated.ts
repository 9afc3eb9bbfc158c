/** Stories as a translator of addresses exports them: records with the tuple behind it, or a log of
 * translations. */
import { type FlowLine, ipfixFile, type NatEventLine } from '../../scenario/flow-exporter.ts'
import { STORY_START } from '../../scenario/scenario.ts'
import { DLP1 } from './stories.ts'

export const SERVER = DLP1
const ACK = 0x18
const SYN = 0x02
const FIN = 0x01

/** One address or several: by connection. */
export interface Life {
  /** Seconds of the story. */
  readonly from: number
  readonly to: number
  readonly agent: string
  readonly port: number
  readonly server?: string
  /** Outer addresses, of one record after the other. */
  readonly outer: readonly (readonly [address: string, port: number])[]
}

const at = (second: number): number => STORY_START / 1000 + second * 1000
export const PORT = 8000

/** A connection in as many records as it has outer addresses, and one of what came back. */
export function records({ from, to, agent, port, server = SERVER, outer }: Life): FlowLine[] {
  const there = { source: agent, sourcePort: port, destination: server, destinationPort: PORT }
  const back = { source: server, sourcePort: PORT, destination: agent, destinationPort: port }
  const span = (to - from) / outer.length
  const pieces = outer.map((place, i): FlowLine => {
    const flags = ACK | (i === 0 ? SYN : 0) | (i === outer.length - 1 ? FIN : 0)
    // Payload enough that somebody spoke, and a pause before the next record.
    const times = {
      from: at(from + i * span),
      to: at(from + (i + 1) * span - (i + 1 < outer.length ? 1 : 0)),
    }
    return { ...there, ...times, packets: 10, octets: 2000, flags, outer: place }
  })
  return [
    ...pieces,
    { ...back, from: at(from) + 1, to: at(to) + 1, packets: 10, octets: 5000, flags: ACK | SYN | FIN },
  ]
}

/** The same as a log of translations tells it: without packets. */
export function events({ from, to, agent, port, server = SERVER, outer }: Life): NatEventLine[] {
  const there = { source: agent, sourcePort: port, destination: server, destinationPort: PORT }
  const span = (to - from) / outer.length
  return outer.flatMap((place, i): NatEventLine[] => [
    { ...there, event: 4, at: at(from + i * span), outer: place },
    { ...there, event: 5, at: at(from + (i + 1) * span - 1), outer: place },
  ])
}

/** What `captures` of a scenario is, for records. */
export const exported = (lines: readonly (FlowLine | NatEventLine)[]) => ({
  captures: () => new Map([['edge', ipfixFile(lines)]]),
})

const POOL = ['203.0.113.5', '203.0.113.9'] as const

/** An agent's connections, each by the next address of the pool. */
export function moves(tell: (life: Life) => (FlowLine | NatEventLine)[], gap = 60) {
  const life = (n: number): Life => ({
    from: n * (300 + gap),
    to: n * (300 + gap) + 300,
    agent: '10.10.1.101',
    port: 50_000 + n,
    outer: [[POOL[n % 2]!, 40_000 + n]],
  })
  return exported([0, 1, 2].flatMap((n) => tell(life(n))))
}

/** A connection that goes on under other ports, or addresses. */
export const rebinds = (
  tell: (life: Life) => (FlowLine | NatEventLine)[],
  outer: Life['outer'] = [
    [POOL[0], 40_000],
    [POOL[0], 40_777],
  ],
) => exported(tell({ from: 0, to: 600, agent: '10.10.1.101', port: 50_000, outer }))

/** Agents with one connection each, all behind one address. */
export function shares(tell: (life: Life) => (FlowLine | NatEventLine)[], apart: number, spans = 300) {
  const lives = ['101', '102', '103'].map((host, i): Life => ({
    from: i * apart,
    to: i * apart + spans,
    agent: `10.10.1.${host}`,
    port: 50_000,
    outer: [[POOL[0], 41_000 + i]],
  }))
  return exported(lives.flatMap(tell))
}

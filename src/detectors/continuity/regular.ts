/** Which requirements the loss of a connection breaks; and whether losses are regular, or frequent: how often
 * connections are severed matters by itself (domain knowledge 7.2, S0-06). */
import type { World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { ratio, type ParameterValues } from '../detector.ts'

/** What a device breaks that severs a connection. */
export const brokenBySevering = ({ profile }: Service): readonly string[] =>
  profile === 'symantec-sepm' ? ['S1-19'] : ['S0-04', 'S0-15']

/** The same finding of one loss of many; SEPM's document says nothing of how often. */
export const repeated = (found: Finding): Finding =>
  found.requirements.includes('S1-19') ? found : { ...found, requirements: [...found.requirements, 'S0-06'] }

/** From when on losses are frequent. */
export const FREQUENT = {
  perDayMax: {
    value: 2,
    unit: 'count',
    meaning: 'losses of an agent in 24 hours beyond which they are many',
  },
  agentsShare: ratio(0.1, 'share of the service’s agents beyond which they are not some agent’s own matter'),
} as const
const DAY: Micros = seconds(86_400)
/** Agents whose losses are counted: further ones lose too few to matter. */
const AGENTS_MAX = 1 << 16

/** Causes whose regularity is watched, and the latest silences of each: of further causes none is regular. */
const CAUSES_MAX = 1024
const SILENCES_MAX = 64

export class Regularity {
  private readonly silences = new Map<string, number[]>()
  private readonly least: number
  private readonly variation: number

  /** `variation`: deviation over mean. */
  constructor(least: number, variation: number) {
    this.least = least
    this.variation = variation
  }

  /** Notes a loss after a silence in seconds; whether those of its cause are regular by now. */
  note(cause: string, silence: number): boolean {
    const known = this.silences.get(cause) ?? []
    if (known.length === 0 && this.silences.size >= CAUSES_MAX) return false
    this.silences.set(cause, known)
    known.push(silence)
    if (known.length > SILENCES_MAX) known.shift()
    return known.length >= this.least && variationOf(known) < this.variation
  }
}

/** How many agents of a service lose their connections again and again. */
export class Frequency {
  private readonly world: World
  private readonly values: ParameterValues<typeof FREQUENT>
  /** The latest losses of each agent, as many as are too many. */
  private readonly losses = new Map<Service, Map<string, Micros[]>>()
  /** Agents with too many, and since when they had none; in order of that time. */
  private readonly many = new Map<Service, Map<string, Micros>>()
  private agents = 0

  constructor(values: ParameterValues<typeof FREQUENT>, world: World) {
    this.values = values
    this.world = world
  }

  /** Notes the loss that a finding tells of; whether losses are frequent at its service by now. */
  note({ agent, at }: Finding, service: Service): boolean {
    if (agent === null) return false
    const { perDayMax, agentsShare } = this.values
    const latest = this.lossesOf(agent.id, service)
    if (latest === null) return false
    latest.push(at)
    if (latest.length > perDayMax + 1) latest.shift()
    const many = this.many.get(service) ?? new Map<string, Micros>()
    this.many.set(service, many)
    many.delete(agent.id)
    if (latest.length > perDayMax && at - latest[0]! < DAY) many.set(agent.id, at)
    for (const [other, since] of many) {
      if (at - since < DAY) break
      many.delete(other)
    }
    const agents = this.world.agentsOf(service)
    // Where no server is seen, nobody knows how many agents there are.
    return many.has(agent.id) && agents > 0 && many.size > agentsShare * agents
  }

  private lossesOf(agent: string, service: Service): Micros[] | null {
    let byAgent = this.losses.get(service)
    if (byAgent === undefined) this.losses.set(service, (byAgent = new Map()))
    const known = byAgent.get(agent)
    if (known !== undefined) return known
    if (this.agents >= AGENTS_MAX) return null
    this.agents++
    const latest: Micros[] = []
    byAgent.set(agent, latest)
    return latest
  }
}

function variationOf(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const square = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
  return mean === 0 ? 0 : Math.sqrt(square) / mean
}

/**
 * A deployment of many sites that is played for days and judged: half of each design's agents live with its
 * fault, half without. Observations go to the upper half of the analysis one by one, as a capture's would.
 */
import { EMPTY_DEPLOYMENT, type Deployment } from '../../src/model/deployment.ts'
import type { Finding } from '../../src/model/incident.ts'
import type { Micros } from '../../src/model/time.ts'
import { Conclusions } from '../../src/pipeline/conclusions.ts'
import { deployment } from '../detectors/analysis.ts'
import { createRandom } from '../scenario/random.ts'
import { DESIGNS, type Design } from './designs.ts'
import { agentNumber, DAY, HOUR, type Site } from './site.ts'
import { Timeline } from './timeline.ts'
import { type Score, Truth } from './truth.ts'
import { Wire } from './wire.ts'

export interface Plan {
  readonly agents: number
  readonly days: number
  readonly seed: number
  readonly designs?: readonly Design[]
  readonly onDay?: (day: number, far: { readonly observations: number; readonly truth: Truth }) => void
  /** Absent: nothing is analysed, only played. */
  readonly isAnalysed?: boolean
  /** False: findings are counted, and not kept: they are the reader's, and as many as there are. */
  readonly isTold?: boolean
}

export interface Outcome {
  readonly scores: readonly Score[]
  readonly observations: number
  readonly findings: number
  readonly incidents: number
  readonly truth: Truth
  readonly conclusions: Conclusions
}

/** An analysis has the connection stage look at silent connections so often. */
const LOOK_EVERY: Micros = HOUR

/** Types whose truth is known though they do not alarm. */
const KNOWN: ReadonlySet<string> = new Set(['failover', 'failback', 'server-outage', 'herd-move'])

export function simulate(plan: Plan): Outcome {
  const { designs = DESIGNS, seed, days } = plan
  const until = days * DAY
  const timeline = new Timeline()
  const truth = new Truth(agentNumber)
  const random = createRandom(seed)
  let conclusions: Conclusions | null = null
  const wire = new Wire((o) => conclusions?.sessions.observe(o))
  const each = Math.floor(plan.agents / designs.length / 2)
  const sites: Site[] = []
  let firstAgent = 0
  for (const { name, build, agentsMin = 1 } of designs)
    for (const isFaulty of [true, false]) {
      const agents = Math.max(each, agentsMin)
      const title = isFaulty ? name : `${name}, well`
      const at = { index: sites.length, name: title, firstAgent, agents, until }
      const place = { ...at, timeline, wire, truth, random }
      firstAgent += agents
      sites.push(build(place, isFaulty))
    }
  let findings = 0
  const found = (finding: Finding, incident: string | null): void => {
    findings++
    if (incident !== null) truth.tell(finding, KNOWN)
  }
  const options = { deployment: configOf(sites), severalTaps: () => false }
  if (plan.isAnalysed !== false) conclusions = new Conclusions({ ...options, accounted: null, found })
  if (plan.isTold === false && conclusions !== null) conclusions.ledger.add = () => null
  const look = (at: Micros): void => {
    const sessions = conclusions?.sessions
    if (sessions !== undefined) wire.look(at, (connection) => sessions.isAwaited(connection))
  }
  play(timeline, sites, until, look, (day) => plan.onDay?.(day, { observations: wire.observations, truth }))
  wire.end(until)
  conclusions?.sessions.ended()
  const incidents = conclusions === null ? 0 : [...conclusions.incidents()].length
  const { observations } = wire
  return {
    scores: truth.scores(),
    observations,
    findings,
    incidents,
    truth,
    conclusions: conclusions!,
  }
}

function play(
  timeline: Timeline,
  sites: readonly Site[],
  until: Micros,
  look: (at: Micros) => void,
  onDay: (day: number) => void,
): void {
  let next = LOOK_EVERY
  for (let day = 1; day * DAY <= until; day++) {
    while (timeline.take(day * DAY)) {
      const { site, party, step, at } = timeline
      for (; next <= at; next += LOOK_EVERY) look(next)
      sites[site]!.step(party, step, at)
    }
    onDay(day)
  }
  for (const site of sites) site.end(until)
}

function configOf(sites: readonly Site[]): Deployment {
  const config = {
    services: sites.map(({ config: { service } }) => service),
    devices: sites.flatMap(({ config: { devices = [] } }) => devices),
    nat: sites.flatMap(({ config: { nat = [] } }) => nat),
    locations: sites.flatMap(({ config: { locations = [] } }) => locations),
  }
  return sites.length === 0 ? EMPTY_DEPLOYMENT : deployment(config)
}

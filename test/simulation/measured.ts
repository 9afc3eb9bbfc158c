/**
 * What the analysis of a simulated deployment costs, apart from the playing: the same seed is played twice,
 * once with nobody listening, and what the second time costs more is the analysis's. CPU time of all threads,
 * so that other programs on the machine count little; octets in use after the collector ran.
 */
import { type Outcome, type Plan, simulate } from './simulation.ts'

export interface DayCost {
  readonly observations: number
  readonly seconds: number
  /** What is held at the day's end. */
  readonly octets: number
}

export interface Measured {
  readonly outcome: Outcome
  readonly days: readonly DayCost[]
  /** All days, and what is concluded in the end. */
  readonly seconds: number
}

interface Played extends Measured {
  /** Of what is held, what the judge notes of findings, by day. */
  readonly noted: readonly number[]
}

/** Octets in use. */
function held(): number {
  if (globalThis.gc === undefined) throw new Error('octets can be counted with --expose-gc only')
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function played(plan: Plan, isAnalysed: boolean): Played {
  const days: DayCost[] = []
  const noted: number[] = []
  const start = held()
  let seconds = 0
  let before = process.cpuUsage()
  let seen = 0
  const lap = (): number => {
    const { user, system } = process.cpuUsage(before)
    seconds += (user + system) / 1e6
    return (user + system) / 1e6
  }
  const onDay: Plan['onDay'] = (day, { observations, truth }) => {
    const cost = { observations: observations - seen, seconds: lap(), octets: held() - start }
    days.push(cost)
    noted.push(truth.octetsOfFindings)
    seen = observations
    plan.onDay?.(day, { observations, truth })
    before = process.cpuUsage()
  }
  const outcome = simulate({ ...plan, isAnalysed, onDay })
  lap()
  return { outcome, days, noted, seconds }
}

/**
 * Plays a few agents first: what the engine makes of code that it runs for the first time is held of no
 * agent, and the playing alone runs none of the analysis.
 */
export function measured(plan: Plan): Measured {
  const { onDay: _, ...silent } = plan
  played({ ...silent, agents: 1, days: 1 }, true)
  const alone = played(silent, false)
  const both = played(plan, true)
  const days = both.days.map(({ observations, seconds, octets }, i) => ({
    observations,
    seconds: seconds - alone.days[i]!.seconds,
    octets: octets - both.noted[i]! - alone.days[i]!.octets,
  }))
  return { outcome: both.outcome, days, seconds: both.seconds - alone.seconds }
}

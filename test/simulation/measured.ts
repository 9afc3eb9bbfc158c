/**
 * What the analysis of a simulated deployment costs, apart from the playing: the same seed is played with
 * nobody listening, then analysed, and what that costs more is the analysis's; a third time without keeping
 * findings. CPU time of the thread that analyses, which is how long somebody waits, and of all threads, with
 * the engine's own for compiling and collecting, so that other programs on the machine count little; octets
 * in use after the collector ran.
 */
import { type Outcome, type Plan, simulate } from './simulation.ts'

/** Seconds of CPU. */
export interface Cpu {
  readonly thread: number
  readonly allThreads: number
}

export interface DayCost extends Cpu {
  readonly observations: number
  /** What is held at the day's end. */
  readonly octets: number
  /** ... where findings are not kept: those are the reader's, and as many as there are. */
  readonly octetsUntold: number
}

export interface Measured {
  readonly outcome: Outcome
  readonly days: readonly DayCost[]
  /** Of all days, and of what is concluded in the end. */
  readonly cpu: Cpu
}

/** Octets in use. */
function held(): number {
  if (globalThis.gc === undefined) throw new Error('octets can be counted with --expose-gc only')
  // The second time takes what the first one only let go of: what weak maps held, and their values.
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Since the process began. */
function cpuNow(): Cpu {
  const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6
  return { thread: seconds(process.threadCpuUsage()), allThreads: seconds(process.cpuUsage()) }
}

const sum = (a: Cpu, b: Cpu): Cpu => ({
  thread: a.thread + b.thread,
  allThreads: a.allThreads + b.allThreads,
})
const less = (a: Cpu, b: Cpu): Cpu => ({
  thread: a.thread - b.thread,
  allThreads: a.allThreads - b.allThreads,
})

interface Played {
  readonly outcome: Outcome
  readonly days: readonly Omit<DayCost, 'octetsUntold'>[]
  /** Of what is held, what the judge notes of findings, by day. */
  readonly noted: readonly number[]
  readonly cpu: Cpu
}

function played(plan: Plan, isAnalysed: boolean): Played {
  const days: Omit<DayCost, 'octetsUntold'>[] = []
  const noted: number[] = []
  const start = held()
  let cpu: Cpu = { thread: 0, allThreads: 0 }
  let before = cpuNow()
  let seen = 0
  const lap = (): Cpu => {
    const used = less(cpuNow(), before)
    cpu = sum(cpu, used)
    return used
  }
  const onDay: Plan['onDay'] = (day, { observations, truth }) => {
    days.push({ observations: observations - seen, ...lap(), octets: held() - start })
    noted.push(truth.octetsOfFindings)
    seen = observations
    plan.onDay?.(day, { observations, truth })
    before = cpuNow()
  }
  const outcome = simulate({ ...plan, isAnalysed, onDay })
  lap()
  return { outcome, days, noted, cpu }
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
  const { days: untold } = plan.isTold === false ? both : played({ ...silent, isTold: false }, true)
  const days = both.days.map((day, i) => ({
    observations: day.observations,
    ...less(day, alone.days[i]!),
    octets: day.octets - both.noted[i]! - alone.days[i]!.octets,
    octetsUntold: untold[i]!.octets - alone.days[i]!.octets,
  }))
  return { outcome: both.outcome, days, cpu: less(both.cpu, alone.cpu) }
}

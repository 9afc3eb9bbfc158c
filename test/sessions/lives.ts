/** Lives of relayed connections for unit tests of what joins their legs by time. */
import type { Observation } from '../../src/model/observation.ts'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { Agenda } from '../../src/sessions/agenda.ts'
import type { TrackedSighting } from '../../src/sessions/sighting.ts'
import { followWakings } from '../../src/sessions/relays/wakings.ts'
import { Parties, silence } from './parties.ts'

/** Times are in seconds. */
export interface Life {
  readonly start: number
  /** When its silences end, told or ended by the agent. */
  readonly wakes: readonly number[]
  /** ... behind the relay; absent: at once. */
  readonly backWakes?: readonly number[]
  /** By how much later it is behind the relay, by which of the wakes; 1 ms if absent. */
  readonly delays?: readonly number[]
  /** Absent: true. */
  readonly isFrontSeen?: boolean
  readonly isBackSeen?: boolean
}

interface Told {
  readonly at: number
  readonly o: Observation
  readonly sighting: TrackedSighting
}

/** For each life the number of the one whose connection behind the relay its own was joined with; null
 * where none was. */
export function joinedOf(lives: readonly Life[]): (number | null)[] {
  const parties = new Parties()
  const agenda = new Agenda()
  const numbers = new Map<TrackedSighting, number>()
  const joined: (number | null)[] = lives.map(() => null)
  const { observe = {} } = followWakings({
    later: (at, act) => agenda.add(at, act),
    settle: seconds(2),
    pools: parties.pools,
    join: (front, back) => (joined[numbers.get(front)!] = numbers.get(back)!),
  })
  const told = lives.flatMap((life, i) => toldOf(parties, life, (sighting) => numbers.set(sighting, i)))
  for (const { at, o, sighting } of told.toSorted((a, b) => a.at - b.at)) {
    agenda.runUntil(at)
    ;(observe[o.kind] as ((o: Observation, s: TrackedSighting) => void) | undefined)?.(o, sighting)
  }
  agenda.runUntil(Infinity)
  return joined
}

function toldOf(parties: Parties, life: Life, made: (sighting: TrackedSighting) => void): Told[] {
  const { start, wakes, backWakes = wakes, delays = [], isFrontSeen = true, isBackSeen = true } = life
  const told: Told[] = []
  const add = (at: number, sighting: TrackedSighting, o: object): void => {
    told.push({ at: seconds(at), sighting, o: { time: seconds(at), ...o } as Observation })
  }
  const wakesUp = (sighting: TrackedSighting, at: number): void =>
    add(at + 0.02, sighting, { ...silence(sighting, 'answered', { to: at }), time: seconds(at + 0.02) })
  const front = parties.sighting({ leg: 'front', start })
  const back = parties.sighting({ leg: 'back', tap: 'server', start: start + 0.1 })
  front.tls = { client: {}, server: {} } as unknown as TrackedSighting['tls']
  made(front)
  made(back)
  if (isFrontSeen) {
    add(start + 0.1, front, { kind: 'tls-handshake' })
    for (const at of wakes) wakesUp(front, at)
  }
  if (isBackSeen) {
    const later = (i: number): number => delays[i] ?? milliseconds(1) / seconds(1)
    add(start + 0.12, back, { kind: 'connection-opened', handshake: 'complete', start: back.start })
    for (const [i, at] of backWakes.entries()) wakesUp(back, at + later(i))
  }
  return told
}

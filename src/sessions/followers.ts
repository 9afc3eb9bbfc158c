/** The followers, and handing each what it asks for. */
import { followAges } from './ends/ages.ts'
import type { ConnectionSummary } from '../model/connection.ts'
import type { Observation, ObservationKind } from '../model/observation.ts'
import type { Agent } from '../model/party.ts'
import { seconds, type Micros } from '../model/time.ts'
import { followAnswering } from './servers/answering.ts'
import { followAttempts } from './servers/attempts.ts'
import { type Assignments, followAssignments } from './relays/assignments.ts'
import { type BasisFollower, followBasis } from './basis.ts'
import { followBypasses } from './servers/bypasses.ts'
import { followCheckIns } from './agents/check-ins.ts'
import { followCertificates } from './servers/certificates.ts'
import { followClientNodes } from './web/client-nodes.ts'
import { followContents } from './servers/contents.ts'
import { followFirstUses } from './servers/first-uses.ts'
import { followDuties } from './agents/duties.ts'
import { followEnrolments } from './web/enrolments.ts'
import type { Follow, Follower, Surroundings } from './follower.ts'
import { followHandlerLinks } from './servers/handler-links.ts'
import { followHiddenAgents } from './agents/hidden-agents.ts'
import { followMail } from './servers/mail.ts'
import { followRelayCookies } from './relays/relay-cookies.ts'
import { followReplicaReads } from './servers/replica-reads.ts'
import { followReplication } from './servers/replication.ts'
import { followResolutions } from './servers/resolutions.ts'
import { followReturnPaths } from './relays/return-paths.ts'
import { followSharedAddresses } from './agents/shared-addresses.ts'
import { followServerCloses } from './relays/server-closes.ts'
import type { TrackedSighting } from './sighting.ts'
import { followSpoken } from './servers/spoken.ts'
import { followTlsByTime } from './relays/tls-by-time.ts'
import { followTlsRelays } from './relays/tls-relays.ts'
import { followTranslations } from './agents/translations.ts'
import { followUpheavals } from './ends/upheavals.ts'
import { followWakeUps } from './agents/wake-ups.ts'
import { followWeb } from './web/web.ts'

const FOLLOWS: readonly Follow[] = [
  followAnswering,
  followAttempts,
  followRelayCookies,
  followResolutions,
  followCheckIns,
  followUpheavals,
  followWakeUps,
  followFirstUses,
  followContents,
  followAges,
  followWeb,
  followClientNodes,
  followEnrolments,
  followBypasses,
  followReturnPaths,
  followSharedAddresses,
  followTranslations,
  followHiddenAgents,
  followCertificates,
  followTlsRelays,
  followTlsByTime,
  followSpoken,
  followReplication,
  followReplicaReads,
  followMail,
  followHandlerLinks,
  followDuties,
]

/** Who waits for time to pass is told so this often. */
const MINUTE: Micros = seconds(60)

type AnyTold = (o: Observation, sighting: TrackedSighting | null) => void

export class Followers {
  /** What verdicts rest on. */
  readonly basis: BasisFollower
  /** What relays chose. */
  readonly assignments: Assignments
  /** What servers ended behind relays. */
  readonly serverCloses = followServerCloses()
  private readonly byKind = new Map<ObservationKind, AnyTold[]>()
  private readonly visitors: Follower[] = []
  private readonly closers: Follower[] = []
  private readonly leavers: Follower[] = []
  private nextMinute: Micros = -Infinity
  private readonly tell: Surroundings['tell']
  private readonly waiters: Follower[] = []
  private readonly all: Follower[] = []

  constructor(surroundings: Surroundings, follows: readonly Follow[] = FOLLOWS) {
    this.tell = surroundings.tell
    this.basis = followBasis(surroundings)
    this.assignments = followAssignments(surroundings)
    this.add(this.basis)
    this.add(this.assignments)
    this.add(this.serverCloses)
    for (const follow of follows) this.add(follow(surroundings))
  }

  /** One more, which is told of what comes from then on. */
  add(follower: Follower): void {
    this.all.push(follower)
    if (follower.visited !== undefined) this.visitors.push(follower)
    if (follower.closed !== undefined) this.closers.push(follower)
    if (follower.left !== undefined) this.leavers.push(follower)
    if (follower.timePassed !== undefined) this.waiters.push(follower)
    for (const [kind, told] of Object.entries(follower.observe ?? {})) {
      const list = this.byKind.get(kind as ObservationKind) ?? []
      this.byKind.set(kind as ObservationKind, [...list, told as AnyTold])
    }
  }

  /** `sightingOf` is asked only where somebody follows the kind. */
  observed(o: Observation, sightingOf: (connection: number) => TrackedSighting | undefined): void {
    const list = this.byKind.get(o.kind)
    if (list === undefined) return
    const connection = 'connection' in o ? o.connection : null
    const sighting = connection === null ? null : (sightingOf(connection) ?? null)
    for (const told of list) told(o, sighting)
  }

  visited(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    for (const follower of this.visitors) follower.visited!(sighting, agent, at, packet)
  }

  closed(sighting: TrackedSighting, summary: ConnectionSummary): void {
    for (const follower of this.closers) follower.closed!(sighting, summary)
  }

  left(sighting: TrackedSighting): void {
    for (const follower of this.leavers) follower.left!(sighting)
  }

  /** Whether a minute has passed since time was told. */
  awaits(now: Micros): boolean {
    return now >= this.nextMinute
  }

  /** A minute later it is `now`: those who wait for time to pass are told, and detectors with them. */
  timeIs(now: Micros): void {
    const isFirst = this.nextMinute === -Infinity
    this.nextMinute = now + MINUTE
    if (isFirst) return
    for (const follower of this.waiters) follower.timePassed!(now)
    this.tell({ kind: 'time-passed', at: now })
  }

  ended(now: Micros): void {
    for (const follower of this.all) follower.ended?.(now)
  }
}

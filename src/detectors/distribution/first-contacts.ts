/** Where agents came first, each counted once: what a spread is judged by. Returns say only that there is
 * persistence. */
import { packetOf } from '../../model/packet.ts'
import type { EvidencePacket } from '../../model/incident.ts'
import type { Server, Service, Visit } from '../../model/party.ts'
import { binomialTail } from '../../model/statistics.ts'
import { seconds, type Micros } from '../../model/time.ts'

/** Groups that are counted: services, relays and lists of servers in one; further ones are not judged. */
const GROUPS_MAX = 1024
/** Several processes of one load balancer take turns by themselves: not all agents are in turn then. */
const IN_TURN_SHARE = 0.9
/** Visits kept as evidence, per server: the first ones. */
const EVIDENCE_MAX = 2
/** Agents after which a group is judged for the first time; again with each doubling. */
const FIRST_LOOK = 64
/** ... and once nobody came for the first time for so long: a small site may never have as many. */
const AT_REST: Micros = seconds(3600)

export class Contacts {
  readonly service: Service
  /** What the agents have in common besides: their relay, their list. */
  readonly group: string
  last: Visit
  private readonly counts = new Map<Server, number>()
  private readonly shown: Visit[] = []
  private agents = 0
  /** Agents that came to another server than the one before them. */
  private changes = 0
  private nextLook = FIRST_LOOK
  private looked = 0

  constructor(visit: Visit, group: string) {
    this.service = visit.server.service
    this.group = group
    this.last = visit
  }

  /** What findings on it have in common. */
  get cause(): string {
    return `${this.service.name}|${this.group}`
  }

  add(visit: Visit): void {
    if (this.agents > 0 && visit.server !== this.last.server) this.changes++
    const count = (this.counts.get(visit.server) ?? 0) + 1
    this.counts.set(visit.server, count)
    if (count <= EVIDENCE_MAX) this.shown.push(visit)
    this.last = visit
    this.agents++
  }

  /** Hardly any two agents in a row came to one server, as by chance one of so many would happen: they are
   * handed round. */
  areInTurn(pMax: number): boolean {
    const pairs = this.agents - 1
    const byChance = 1 - 1 / this.counts.size
    return (
      this.changes >= IN_TURN_SHARE * pairs &&
      binomialTail(this.changes, pairs, byChance) < pMax &&
      this.isEven
    )
  }

  /** No server has twice as many as another: turns leave none behind. */
  private get isEven(): boolean {
    const counts = [...this.counts.values()]
    return Math.max(...counts) < 2 * Math.min(...counts)
  }

  /** There are as many agents as ask for a look at them; once for each such number. */
  isDue(): boolean {
    if (this.agents < this.nextLook) return false
    this.nextLook *= 2
    this.looked = this.agents
    return true
  }

  /** The same of those that came since the last look, if no more of them come. */
  isAtRest(now: Micros): boolean {
    if (this.agents === this.looked || now - this.last.at < AT_REST) return false
    this.looked = this.agents
    return true
  }

  get servers(): Server[] {
    return [...this.counts.keys()].toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  }

  countOf(server: Server): number {
    return this.counts.get(server) ?? 0
  }

  evidence(): EvidencePacket[] {
    return [...new Set([...this.shown, this.last])]
      .filter(({ packet }) => packet > 0)
      .map(({ sighting, packet, at, agent, server }) => ({
        ...packetOf(sighting, packet, at),
        note: `the first contact of ${agent.id}, at ${server.name}`,
      }))
  }
}

export class FirstContacts {
  private readonly groups = new Map<string, Contacts>()

  /** The group, if there are so many by now that it is to be judged. */
  note(visit: Visit, group: string): Contacts | null {
    const key = `${visit.server.service.name}|${group}`
    let contacts = this.groups.get(key)
    if (contacts === undefined) {
      if (this.groups.size >= GROUPS_MAX) return null
      this.groups.set(key, (contacts = new Contacts(visit, group)))
    }
    contacts.add(visit)
    return contacts.isDue() ? contacts : null
  }

  /** Groups that grew, and do not any more. */
  atRest(now: Micros): Contacts[] {
    return [...this.groups.values()].filter((contacts) => contacts.isAtRest(now))
  }

  all(): Iterable<Contacts> {
    return this.groups.values()
  }
}

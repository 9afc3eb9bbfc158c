/**
 * When servers were out: from the first failure after which nobody was served to the next answer, as all
 * who tried met it.
 *
 * One that two clients met, or that a relay met twice, is the server's; a single client's may be its own
 * path's. Who names no product and no configuration must have been seen to answer before it can be out.
 */
import type { Outage, ServerFailure } from '../../model/event.ts'
import type { Server } from '../../model/party.ts'
import type { Tap } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'

/** Servers that are watched at once; for a further one, that of which it is not certain for longest that it
 * is out is forgotten. */
export const OPEN_MAX = 4096
/** Outages kept per server: the latest. */
const KEPT_MAX = 64
/**
 * A server that takes a connection after an outage, and then none again this soon, served nobody: one whose
 * backlog is full lets a client in now and then. Agents that were let down ask again within the shortest
 * back-off that is known (DLP: 30 s), twice at most.
 */
const RESUMES_WITHIN: Micros = seconds(60)
/** Clients told apart in one outage; further ones count as one. */
const CLIENTS_MAX = 4096

interface Open {
  outage: Outage & { last: Micros; attempts: number; until: Micros | null }
  readonly byTap: Map<Tap, Set<string>>
  readonly met: ServerFailure[]
  relayed: number
  isTold: boolean
}

/** Whose tries an address makes: its own, those of all whom it relays, or nobody's that a server is missed by
 * (other servers, scanners). */
export type TriesFor = 'itself' | 'many' | 'nobody'

interface OutagesOptions {
  triesFor(address: string): TriesFor
  /** Once an outage is certain, for each client that met it, with its first failure. */
  met(outage: Outage, failure: ServerFailure): void
}

export class Outages {
  private readonly options: OutagesOptions
  private readonly open = new Map<string, Open>()
  /** Those that were told, and that a connection that was taken ended: nobody was served since. */
  private readonly resting = new Map<string, Open>()
  private readonly kept = new Map<string, Outage[]>()

  constructor(options: OutagesOptions) {
    this.options = options
  }

  /** A try failed; `answered`: when the server last answered anybody, -Infinity if never. */
  failed(server: Server, failure: ServerFailure, answered: Micros): void {
    if (failure.manner === 'tls-failed' || failure.at <= answered || !mayBeOut(server, answered)) return
    const who = this.options.triesFor(failure.by)
    if (who === 'nobody') return
    const open = this.open.get(server.id) ?? this.resumed(server, failure) ?? this.begin(server, failure)
    if (open === null) return
    open.outage.last = Math.max(open.outage.last, failure.at)
    open.outage.attempts++
    if (who === 'many') open.relayed++
    if (this.isNew(open, failure)) {
      if (open.isTold) this.options.met(open.outage, failure)
      else open.met.push(failure)
    }
    if (open.isTold || !isCertain(open)) return
    open.isTold = true
    this.keep(open.outage)
    for (const first of open.met.splice(0)) this.options.met(open.outage, first)
  }

  /** The server answered somebody. That it takes connections ends no outage in which it did. */
  answered(server: Server, at: Micros, accepted: boolean): void {
    if (!accepted) this.resting.delete(server.id)
    if (this.open.size === 0) return
    const open = this.open.get(server.id)
    if (open === undefined || at <= open.outage.last) return
    if (accepted && open.outage.manner === 'http-error') return
    open.outage.until = at
    this.open.delete(server.id)
    if (accepted && open.isTold) this.resting.set(server.id, open)
  }

  /** The outage that goes on after all; null if the last one was over. */
  private resumed({ id }: Server, { at }: ServerFailure): Open | null {
    const open = this.resting.get(id)
    if (open === undefined) return null
    this.resting.delete(id)
    if (at - open.outage.until! > RESUMES_WITHIN) return null
    open.outage.until = null
    this.open.set(id, open)
    return open
  }

  /** Nobody reached the server for a while, and nobody was seen to try: inferred from what its agents did. */
  inferred(outage: Outage): void {
    this.keep(outage)
  }

  /** The outage of a server at a time, or within `slack` before it; null if there is none that is certain. */
  at(server: string, time: Micros, slack: Micros = 0): Outage | null {
    const during = ({ from, until }: Outage): boolean => from <= time && (until ?? Infinity) >= time - slack
    return this.kept.get(server)?.findLast(during) ?? null
  }

  private begin(server: Server, { at, manner, what }: ServerFailure): Open | null {
    if (this.open.size >= OPEN_MAX && !this.forgetUncertain()) return null
    const outage = { server, from: at, last: at, until: null, attempts: 0, manner, what, isInferred: false }
    const open: Open = { outage, byTap: new Map(), met: [], relayed: 0, isTold: false }
    this.open.set(server.id, open)
    return open
  }

  /** Many servers fail for a client, and are never asked again. */
  private forgetUncertain(): boolean {
    for (const [id, { isTold }] of this.open) if (!isTold) return this.open.delete(id)
    return false
  }

  private isNew({ byTap }: Open, { tap, by }: ServerFailure): boolean {
    let clients = byTap.get(tap)
    if (clients === undefined) byTap.set(tap, (clients = new Set()))
    if (clients.has(by) || clients.size >= CLIENTS_MAX) return false
    clients.add(by)
    return true
  }

  private keep(outage: Outage): void {
    const { id } = outage.server
    const list = this.kept.get(id) ?? []
    this.kept.set(id, list)
    if (list.length >= KEPT_MAX) list.shift()
    list.push(outage)
  }
}

const isCertain = ({ byTap, relayed }: Open): boolean =>
  relayed >= 2 || [...byTap.values()].some((clients) => clients.size >= 2)

/** Where the configuration names addresses of the service, what it does not call its server is none: a
 * virtual address. */
function mayBeOut({ service: { configured }, identifiedBy }: Server, answered: Micros): boolean {
  const isNamed = configured !== null && (configured.servers.length > 0 || configured.vips.length > 0)
  return isNamed ? identifiedBy === 'config' : answered > -Infinity
}

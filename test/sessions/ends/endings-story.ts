/** Ends of connections, told one by one to the part of the session stage that makes paths of them. */
import type { DetectorEvent, EventKind, EventOf } from '../../../src/model/event.ts'
import { seconds } from '../../../src/model/time.ts'
import { Agenda } from '../../../src/sessions/agenda.ts'
import { Endings } from '../../../src/sessions/ends/endings.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { finished, Parties, silence } from '../parties.ts'
import type { SightingParts } from '../parties.ts'

const CONFIG = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      ports: [443],
      servers: [
        { name: 'dlp1', addresses: ['192.0.2.10'] },
        { name: 'dlp2', addresses: ['192.0.2.11'] },
      ],
    },
  ],
}

export class Story {
  readonly parties = new Parties(CONFIG)
  readonly agenda = new Agenda()
  readonly events: DetectorEvent[] = []
  /** Connections that are known to be open. */
  readonly open = new Map<number, TrackedSighting>()
  readonly endings = new Endings({
    later: (at, act) => this.agenda.add(at, act),
    tell: (event) => this.events.push(event),
    settle: seconds(2),
    isUrgent: true,
    sightingOf: (connection) => this.open.get(connection),
    agentOf: () => null,
    pools: this.parties.pools,
  })

  opens(parts: SightingParts = {}): TrackedSighting {
    return this.parties.sighting(parts)
  }

  /** A connection that lasted from the start until its server closes it, idle or not. */
  closesAt(at: number, parts: SightingParts = {}, idle = true): TrackedSighting {
    const sighting = this.opens(parts)
    if (idle) {
      const told = silence(sighting, 'closed', { to: at, brokenBy: 1, breaker: 'fin' })
      this.endings.silence(sighting, told)
    }
    this.endings.finished(sighting, finished(sighting, 1, at))
    return sighting
  }

  arrives(sighting: TrackedSighting, id = 'A'): void {
    this.endings.arrived(sighting, this.parties.agents.named({ id, by: 'cookie', confidence: 0.9 }))
  }

  told<K extends EventKind>(kind: K, until = Infinity): EventOf<K>[] {
    this.agenda.runUntil(until === Infinity ? Infinity : seconds(until))
    return this.events.filter((event): event is EventOf<K> => event.kind === kind)
  }
}

/** Two timers do not fit together: what is to stay open will be cut, or moved, although nothing has broken
 * yet. */
import type { ServiceUsed } from '../../model/cadence.ts'
import type { World } from '../../model/event.ts'
import { packetOf } from '../../model/packet.ts'
import type { Actor, Finding } from '../../model/incident.ts'
import { longestSilence } from '../../model/longest-silence.ts'
import type { Service } from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { type Micros, toSeconds } from '../../model/time.ts'
import { actorKey } from '../actors.ts'
import { judge } from '../attribution.ts'
import { detector, spoken, suggested } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'
import {
  type Invariant,
  NO_TRAFFIC_TIMEOUT,
  NOT_REPORTING_AFTER,
  REMEDIES,
  TLS_SESSION_LIFETIME,
} from './timer-risk.data.ts'

/** A relation that does not hold: `timer` is too short, `needed` too long, or the other way round. */
interface Risk {
  readonly invariant: Invariant
  readonly sentence: string
  /** The timer that will strike, and what it should leave alone. */
  readonly timer: Micros
  readonly needed: Micros
  readonly actor: Actor
  readonly isMeasured: boolean
}

/** A device that was seen to end idle connections. */
interface Measured {
  readonly actor: Actor
  /** It ended a connection after this long, of this service. */
  readonly after: Micros
  readonly service: Service
}

/** Devices, and uses, that are remembered. */
const REMEMBERED_MAX = 1 << 10

export const timerRisk = detector({
  type: 'timer-risk',
  asserts:
    'A timer of a device or of the product, as configured or measured, is too short for what the product does by design.',
  notThis: [
    'the timers leave room',
    'no timer is known',
    'the device does not stand on the way of this service',
    'the same service was severed: that is told as such',
    'a product of which no longest silence is known',
  ],
  requirements: ['X-01'],
  flows: suggested('the silences inside of records, and what survived them'),
  parameters: {},
  watch(_values, world, raise) {
    const told = new Set<string>()
    const used: ServiceUsed[] = []
    const measured: Measured[] = []
    const consider = (use: ServiceUsed, risks: readonly Risk[]): void => {
      for (const risk of risks) {
        const cause = `${use.service.name}|${risk.invariant}|${actorKey(risk.actor, world)}`
        if (told.has(cause)) continue
        told.add(cause)
        raise(finding(use, risk, cause))
      }
    }
    return {
      'service-used'(use) {
        if (used.length < REMEMBERED_MAX) used.push(use)
        consider(use, [
          ...ownRisks(use),
          ...deviceRisks(use, world),
          ...measured.flatMap((m) => measuredRisk(use, m)),
        ])
      },
      'path-ended'(event) {
        if (event.lost === null || measured.length >= REMEMBERED_MAX) return
        const end = judge(event, world)
        if (end === null || end.by !== 'network' || end.undecided !== null || end.actor.address === null)
          return
        const { silence, actor, sighting } = end
        const after = silence.end - silence.start
        const known = measured.some((m) => m.actor.address === actor.address && m.after <= after)
        if (known) return
        const found: Measured = { actor, after, service: sighting.service }
        measured.push(found)
        for (const use of used) consider(use, measuredRisk(use, found))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { invariant, sentence } = first.details as { invariant: Invariant; sentence: string }
    return {
      title: `Timers of ${first.service ?? 'the service'} do not fit together`,
      summary: `${sentence} Nothing has to have broken yet.`,
      remedy: REMEDIES[invariant],
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const said = (span: Micros): string => (span === Infinity ? 'any time' : spoken(span))

const silent = (span: Micros): string =>
  span === Infinity ? 'may be silent for any time' : `are silent for up to ${spoken(span)}`

const SERVER: Actor = { role: 'server', address: null, confidence: 0.7 }
const BALANCER: Actor = { role: 'load-balancer', address: null, confidence: 0.7 }

const stated = (
  invariant: Invariant,
  actor: Actor,
  timer: Micros,
  needed: Micros,
  sentence: string,
): Risk => ({ invariant, actor, timer, needed, sentence, isMeasured: false })

/** The product's own timers, and the persistence that is stated for it (article 207657). */
function ownRisks({ service }: ServiceUsed): Risk[] {
  if (service.profile !== 'symantec-dlp-12.5') return []
  const poll = service.configured?.checkIn ?? PROFILES[service.profile].checkIn!
  return [...serverRisks(service, poll), ...persistenceRisks(service, poll)]
}

/** I1, I2 and I5. */
function serverRisks(service: Service, poll: Micros): Risk[] {
  const idle = service.serverIdleTimeout
  const heartbeat = service.configured?.heartbeat ?? null
  const every = `Agents poll every ${said(poll)}`
  const risks: Risk[] = []
  if (idle !== null && poll <= idle) {
    const sentence = `${every}, within the server's idle timeout of ${said(idle)}: it never closes.`
    risks.push(stated('I1', SERVER, idle, poll, sentence))
  }
  if (poll >= NOT_REPORTING_AFTER) {
    const sentence = `${every}, and count as not reporting after ${said(NOT_REPORTING_AFTER)}.`
    risks.push(stated('I2', SERVER, NOT_REPORTING_AFTER, poll, sentence))
  }
  if (heartbeat !== null && heartbeat >= NO_TRAFFIC_TIMEOUT) {
    const sentence = `The heartbeat of ${said(heartbeat)} is not within the no-traffic timeout of ${said(NO_TRAFFIC_TIMEOUT)}.`
    risks.push(stated('I5', SERVER, NO_TRAFFIC_TIMEOUT, heartbeat, sentence))
  }
  return risks
}

/** I3 and I4: one of them is enough. */
function persistenceRisks({ configured }: Service, poll: Micros): Risk[] {
  const persistence = configured?.persistenceDuration ?? null
  if (persistence === null || persistence >= TLS_SESSION_LIFETIME) return []
  const remembers = `The load balancer remembers an agent for ${said(persistence)}`
  if (persistence <= poll)
    return [stated('I4', BALANCER, persistence, poll, `${remembers}, which polls every ${said(poll)} only.`)]
  const sentence = `${remembers}, TLS sessions live ${said(TLS_SESSION_LIFETIME)}.`
  return [stated('I3', BALANCER, persistence, TLS_SESSION_LIFETIME, sentence)]
}

/** Idle timeouts of configured devices on the way. */
function deviceRisks({ service, sighting }: ServiceUsed, world: World): Risk[] {
  const needed = longestSilence(service)
  if (needed === null) return []
  return world.timersOn(sighting).flatMap((device) => {
    const timer = device.idleTimeout!
    if (timer > needed) return []
    const address = device.addresses[0]?.text ?? null
    const actor: Actor = { role: device.role, address, confidence: 0.8 }
    const sentence = `${device.name ?? address ?? 'The device'} is configured to forget idle connections after ${said(timer)}; those of ${service.name} ${silent(needed)} by design.`
    return [
      {
        invariant: pathInvariant(service),
        timer,
        needed,
        actor,
        isMeasured: false,
        sentence,
      },
    ]
  })
}

/** What a device did to another service, by way of the same address. */
function measuredRisk(
  { service, sighting }: ServiceUsed,
  { actor, after, service: severed }: Measured,
): Risk[] {
  const needed = longestSilence(service)
  if (needed === null || service === severed || after > needed) return []
  const { originator, responder } = sighting
  const isOnWay =
    actor.role === 'firewall' || actor.address === originator.address || actor.address === responder.address
  if (!isOnWay) return []
  const sentence = `Idle connections of ${severed.name} were ended after ${said(after)} by ${actor.address}; those of ${service.name} run the same way, and ${silent(needed)} by design.`
  return [
    {
      invariant: pathInvariant(service),
      timer: after,
      needed,
      actor,
      isMeasured: true,
      sentence,
    },
  ]
}

/** The number that article 207657 gives it. */
function pathInvariant({ profile, configured }: Service): Invariant {
  if (profile !== 'symantec-dlp-12.5') return 'path'
  return configured?.heartbeat != null ? 'I6' : 'I7'
}

function finding({ sighting, at, packet }: ServiceUsed, risk: Risk, cause: string): Finding {
  const { invariant, sentence, timer, needed, actor, isMeasured } = risk
  return {
    ...about(sighting),
    type: 'timer-risk',
    severity: 'warning',
    at,
    agent: null,
    actor,
    manner: null,
    confidence: isMeasured ? 0.7 : 0.9,
    details: {
      invariant,
      sentence,
      timer: said(timer),
      needed: said(needed),
      timerSeconds: Math.round(toSeconds(timer) * 100) / 100,
      neededSeconds: needed === Infinity ? null : toSeconds(needed),
      measured: isMeasured,
    },
    evidence: packets({ ...packetOf(sighting, packet, at), note: 'the service is used this way' }),
    cause,
    requirements: ['X-01'],
  }
}

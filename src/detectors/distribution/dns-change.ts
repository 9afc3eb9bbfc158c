/** The record of a service's name was changed: from then on it leads elsewhere. */
import { listed } from '../../model/listed.ts'
import type { Resolved } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { type Micros, seconds } from '../../model/time.ts'
import { counted, detector, unseen } from '../detector.ts'
import { packets } from '../wording.ts'
import { answerAsEvidence, nameFilter, nameFinding } from './dns.ts'

export const dnsChange = detector({
  type: 'dns-change',
  asserts: 'The name of a service leads to other addresses than before, and goes on to.',
  notThis: [
    'addresses that are handed out in turn: the old ones come again',
    'the same addresses in another order',
    'different clients that are given different addresses',
    'a name that leads to no service of the configuration',
  ],
  requirements: ['S2-48'],
  flows: unseen('the answers of name servers'),
  parameters: {
    confirmedBy: {
      value: 3,
      unit: 'count',
      meaning: 'answers with the new addresses, one after the other; or as many as there are',
    },
  },
  watch({ confirmedBy }, _world, raise) {
    const names = new Map<string, Name>()
    const tell = (name: Name, { before, after }: Change): void => {
      const key = `${setOf(before)}>${setOf(after)}`
      if (name.last === key) return
      name.last = key
      raise(finding(before, after))
    }
    return {
      resolved(event) {
        const key = `${event.name}|${event.type}`
        let name = names.get(key)
        if (name === undefined) {
          if (names.size >= NAMES_MAX) return
          names.set(key, (name = { clients: new Map(), last: null, lookAt: -Infinity }))
        }
        const change = noted(name, event)
        if (change !== null && change.confirmed >= confirmedBy) {
          change.view.pending = null
          tell(name, change)
        }
      },
      'time-passed'({ at }) {
        for (const name of names.values()) {
          if (at < name.lookAt) continue
          name.lookAt = at + LASTS
          for (const { pending } of [...name.clients.values()].toSorted(byTime))
            if (pending !== null && at - pending.after.at >= lastingOf(pending)) {
              pending.view.pending = null
              tell(name, pending)
            }
        }
      },
      'captures-ended'() {
        for (const name of names.values())
          for (const { pending } of [...name.clients.values()].toSorted(byTime))
            if (pending !== null) tell(name, pending)
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { name, from, to } = first.details as unknown as ChangeDetails
    return {
      title: `The DNS record of ${name} was changed`,
      summary: `${name} led to ${listed(from)} and now leads to ${listed(to)}${findings.length > 1 ? `; it was changed ${counted(findings.length, 'time')} in all` : ''}.`,
      remedy:
        'Nothing, if it was meant: agents follow when their answer’s time to live is over. Those that stay at the old address keep a connection, or an answer, for longer.',
      filter: nameFilter(name),
      details: first.details,
    }
  },
})

/** A change that nothing contradicted for so long, and for as long as the answers before held, is one, though
 * few asked. */
const LASTS: Micros = seconds(3600)
const lastingOf = ({ before }: Change): Micros => Math.max(LASTS, 2 * seconds(before.ttlSeconds))
/** Names, and clients of each, that are followed. */
const NAMES_MAX = 1024
const CLIENTS_MAX = 1024

interface Change {
  readonly before: Resolved
  readonly after: Resolved
  confirmed: number
  readonly view: View
}

/** What one client is told. */
interface View {
  current: Resolved
  /** A change that is not confirmed yet. */
  pending: Change | null
}

interface Name {
  readonly clients: Map<string, View>
  /** The change told last: other clients see the same one later. */
  last: string | null
  /** When it is seen to what was not confirmed. */
  lookAt: Micros
}

interface ChangeDetails {
  readonly name: string
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly ttlSeconds: number
}

const setOf = ({ addresses }: Resolved): string => addresses.toSorted().join(' ')
const byTime = (a: View, b: View): number => (a.pending?.after.at ?? 0) - (b.pending?.after.at ?? 0)

/** The change that this client has been told of, and how often by now; null without one. */
function noted({ clients }: Name, event: Resolved): Change | null {
  const view = clients.get(event.client)
  if (view === undefined) {
    if (clients.size < CLIENTS_MAX) clients.set(event.client, { current: event, pending: null })
    return null
  }
  const before = view.current
  view.current = event
  if (setOf(before) !== setOf(event)) {
    // The old addresses are back before the new ones were confirmed: they take turns.
    const isBack = view.pending !== null && setOf(view.pending.before) === setOf(event)
    view.pending = isBack ? null : { before, after: event, confirmed: 1, view }
  } else if (view.pending !== null) view.pending.confirmed++
  return view.pending
}

function finding(before: Resolved, after: Resolved): Finding {
  const details: ChangeDetails = {
    name: after.name,
    from: before.addresses,
    to: after.addresses,
    ttlSeconds: before.ttlSeconds,
  }
  return {
    type: 'dns-change',
    severity: 'info',
    ...nameFinding(after),
    confidence: 0.9,
    details: { ...details },
    evidence: packets(answerAsEvidence(before), answerAsEvidence(after)),
    cause: `${after.name}|${after.type}`,
    requirements: [],
  }
}

/** A name server hands out the addresses of a service's name in turn: clients that ask again go elsewhere. */
import type { Resolved } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { detector, ratio, unseen } from '../detector.ts'
import { packets } from '../wording.ts'
import { answerAsEvidence, nameFilter, nameFinding } from './dns.ts'

export const dnsRoundRobin = detector({
  type: 'dns-round-robin',
  asserts: 'The name of a service leads to several addresses by turns.',
  notThis: [
    'a record that was changed, by hand or by a monitor, and stays so',
    'several addresses, always in the same order',
    'different clients that are always given different addresses',
    'a name that leads to no service of the configuration',
    'one answer, or two, in another order',
  ],
  requirements: ['S2-48', 'S1-12'],
  flows: unseen('the answers of name servers'),
  parameters: {
    answersMin: {
      value: 3,
      unit: 'count',
      meaning: 'answers with the same addresses, of which two begin with another one than the answer before',
    },
    changesMin: {
      value: 4,
      unit: 'count',
      meaning: 'changes of the one address that a client is given: there, back, there and back again',
    },
    changesShare: ratio(1 / 3, 'of a client’s answers, at least: a name that fails over changes seldom'),
  },
  watch({ answersMin, changesMin, changesShare }, _world, raise) {
    const names = new Map<string, Rotation>()
    return {
      resolved(event) {
        const key = `${event.name}|${event.type}`
        let rotation = names.get(key)
        if (rotation === undefined) {
          if (names.size >= NAMES_MAX) return
          names.set(key, (rotation = { sets: new Map(), clients: new Map(), told: null }))
        }
        const isOrder = event.addresses.length > 1
        const turns = isOrder ? ofOrder(rotation, event) : ofClient(rotation, event)
        if (turns === null || rotation.told !== null) return
        const enough = isOrder
          ? turns.answers >= answersMin && turns.changes >= 2
          : turns.changes >= changesMin && turns.changes >= changesShare * (turns.answers - 1)
        if (!enough) return
        rotation.told = { event, turns, isOrder, answers: turns.answers }
        raise(finding(event, turns, isOrder))
      },
      // By now more turns are known than when it was told.
      'captures-ended'() {
        for (const { told } of names.values())
          if (told !== null && told.turns.answers > told.answers)
            raise({ ...finding(told.event, told.turns, told.isOrder), amends: true })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { name, addresses, changes, answers, inOneAnswer } = first.details as unknown as RotationDetails
    return {
      title: `DNS hands out the addresses of ${name} in turn`,
      summary: inOneAnswer
        ? `${name} has ${addresses.length} addresses (${addresses.join(', ')}), whose order changed ${changes} times in ${answers} answers: whoever asks again goes to another one.`
        : `A client was told another address of ${name} ${changes} times in ${answers} answers (${addresses.join(', ')}).`,
      remedy:
        'Let the name lead to one address: that of a load balancer with persistence, or of one server, to be changed by hand when it fails (with a TTL of 300 s or less). Round robin of a name server knows neither sessions nor failures.',
      filter: nameFilter(name),
      details: first.details,
    }
  },
})

/** Names, and clients and sets of addresses of each, that are followed: further ones are not judged. */
const NAMES_MAX = 1024
const CLIENTS_MAX = 1024
const SETS_MAX = 16
/** Answers shown as evidence: those with the first address, then each change. */
const SHOWN_MAX = 4
/** Addresses that are named. */
const ADDRESSES_MAX = 16

interface Turns {
  first: string
  answers: number
  changes: number
  readonly shown: Resolved[]
  readonly addresses: Set<string>
  /** One and the same client was told another order than before. */
  isOfOne: boolean
}

interface Rotation {
  /** By the addresses of an answer, sorted. */
  readonly sets: Map<string, Turns>
  /** By client; of answers with several addresses, by those as well. */
  readonly clients: Map<string, Turns>
  told: Told | null
}

/** The answer with which it was enough, and how many there were by then. */
interface Told {
  readonly event: Resolved
  readonly turns: Turns
  readonly isOrder: boolean
  readonly answers: number
}

interface RotationDetails {
  readonly name: string
  readonly addresses: readonly string[]
  readonly answers: number
  readonly changes: number
  readonly inOneAnswer: boolean
  readonly ttlSeconds: number
}

/** The turns of a set of addresses; null as long as no client was told another order than before: a name
 * server may put those first that are near to whoever asks. */
function ofOrder({ sets, clients }: Rotation, event: Resolved): Turns | null {
  const set = event.addresses.toSorted().join(' ')
  const own = noted(clients, `${event.client} ${set}`, CLIENTS_MAX, event)
  const turns = noted(sets, set, SETS_MAX, event)
  if (turns !== null && own !== null && own.changes > 0) turns.isOfOne = true
  return turns?.isOfOne === true ? turns : null
}

const ofClient = ({ clients }: Rotation, event: Resolved): Turns | null =>
  noted(clients, event.client, CLIENTS_MAX, event)

function noted(by: Map<string, Turns>, key: string, most: number, event: Resolved): Turns | null {
  const first = event.addresses[0]!
  const known = by.get(key)
  if (known === undefined) {
    if (by.size >= most) return null
    const addresses = new Set(event.addresses)
    const turns = { first, answers: 1, changes: 0, shown: [event], addresses, isOfOne: false }
    by.set(key, turns)
    return turns
  }
  known.answers++
  if (known.addresses.size < ADDRESSES_MAX) known.addresses.add(first)
  if (first !== known.first) {
    known.changes++
    if (known.shown.length < SHOWN_MAX) known.shown.push(event)
  }
  known.first = first
  return known
}

function finding(event: Resolved, turns: Turns, inOneAnswer: boolean): Finding {
  const details: RotationDetails = {
    name: event.name,
    addresses: [...turns.addresses].toSorted(),
    answers: turns.answers,
    changes: turns.changes,
    inOneAnswer,
    ttlSeconds: event.ttlSeconds,
  }
  return {
    type: 'dns-round-robin',
    severity: 'warning',
    ...nameFinding(event),
    confidence: 0.95,
    details: { ...details },
    evidence: packets(...turns.shown.map(answerAsEvidence)),
    cause: `${event.name}|${event.type}`,
    requirements: event.service?.profile === 'symantec-sepm' ? ['S1-12'] : ['S2-48'],
  }
}

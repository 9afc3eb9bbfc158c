/** What the machine's names are called in a sentence. */
import type { ActorRole } from '../../model/incident.ts'
import type { CaptureQuality } from '../../model/quality.ts'
import type { Forgotten, IdentifiedBy, RequirementStatus } from '../../model/record.ts'

export const ROLE_WORDS: Readonly<Record<ActorRole, string>> = {
  agent: 'agent',
  server: 'server',
  'load-balancer': 'load balancer',
  firewall: 'firewall',
  nat: 'address translation',
  'reverse-proxy': 'reverse proxy',
  dns: 'DNS',
  middlebox: 'some device in between',
  unknown: 'not known',
}

export const IDENTIFIED_WORDS: Readonly<Record<IdentifiedBy, string>> = {
  'http-header': 'by an HTTP header',
  'url-parameter': 'by a URL parameter',
  cookie: 'by a cookie',
  'payload-pattern': 'by what they send first',
  'client-certificate': 'by client certificate',
  'tls-session': 'by resumed TLS sessions',
  'proxy-header': 'by PROXY protocol header',
  'forwarded-header': 'by the address that a proxy forwards',
  inventory: 'by the configured inventory',
  mac: 'by hardware address',
  'tls-fingerprint': 'by TLS fingerprint',
  address: 'by address only',
}

/** What found no room, and what that costs. `N` is the number. */
export const FORGOTTEN_WORDS: readonly (readonly [keyof Forgotten, one: string, many: string])[] = [
  [
    'agents',
    'An agent came once more than agents can be remembered: what it did is not known as its own',
    'Agents came N times when no more could be remembered: what they did is not known as their own',
  ],
  [
    'addresses',
    'An agent named itself at 1 address more than can be remembered; whether others share it is not known',
    'Agents named themselves N times at addresses that could not be remembered; whether they are shared is not known',
  ],
  [
    'visits',
    '1 visit is part of no session: more agents, or services of one agent, than are followed',
    'N visits are part of no session: more agents, or services of one agent, than are followed',
  ],
  [
    'findings',
    '1 finding is in no incident: more causes than can be told apart',
    'N findings are in no incident: more causes than can be told apart',
  ],
]

type Count = {
  [K in keyof CaptureQuality]-?: CaptureQuality[K] extends number | undefined ? K : never
}[keyof CaptureQuality]

/** What a shortcoming of a capture is, and what it costs. `N` is the number, `(s)` depends on it. */
export const QUALITY_WORDS: readonly (readonly [Count, one: string, many: string])[] = [
  [
    'interfaceDrops',
    '1 packet was dropped by the capturing interface',
    'N packets were dropped by the capturing interface',
  ],
  ['blindSeconds', 'nothing was captured for 1 s', 'nothing was captured for N s'],
  [
    'withoutData',
    'no segment with data was captured, though 1 connection carried some: what it said, and when, is not known',
    'no segment with data was captured, though N connections carried some: a filter kept it away, and with it what was said, and when',
  ],
  [
    'withoutAcknowledgments',
    'an acknowledgment is missing that must have passed',
    'no acknowledgment was captured where N must have passed: a filter kept them away, and keep-alives with them; no silence is certain',
  ],
  [
    'withoutHandshakes',
    'nothing was captured of 1 connection but its SYN, or that and its answer',
    'nothing was captured of N connections but their SYNs, or those and their answers: a filter kept the rest away, and what became of them is not known',
  ],
  [
    'missingSegments',
    '1 segment is missing that the receiver acknowledged',
    'N segments are missing that the receivers acknowledged',
  ],
  [
    'truncatedPackets',
    '1 packet was cut by the snap length; its end was not read',
    'N packets were cut by the snap length; their ends were not read',
  ],
  [
    'oneWayConnections',
    '1 connection was seen in one direction only; no silent cut is judged on it',
    'N connections were seen in one direction only; no silent cut is judged on them',
  ],
  [
    'malformedPackets',
    '1 packet contradicts itself and was passed over',
    'N packets contradict themselves and were passed over',
  ],
  ['outOfOrderPackets', '1 packet is stored behind a later one', 'N packets are stored behind later ones'],
  ['clockSteps', "the capture's clock was set back once", "the capture's clock was set back N times"],
  [
    'evictedConnections',
    '1 connection was given up before its end: more were open than the limit allows',
    'N connections were given up before their end: more were open than the limit allows',
  ],
  [
    'untrackedSegments',
    '1 segment was not looked at: more IPv6 addresses than can be remembered',
    'N segments were not looked at: more IPv6 addresses than can be remembered',
  ],
  [
    'invalidResets',
    '1 reset was not believed: its receiver does not take such a one',
    'N resets were not believed: their receivers do not take such ones',
  ],
]

/** Verdicts on requirements, in the order in which they are listed. */
export const STATUS_WORDS: Readonly<Record<RequirementStatus, string>> = {
  violated: 'violated',
  'at-risk': 'at risk',
  met: 'met',
  'not-observed': 'not observed',
  'not-applicable': 'not applicable',
}

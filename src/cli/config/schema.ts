/**
 * The keys of `holdfast.yaml`, their values and what they mean: the one list. The JSON Schema, the messages
 * about unknown keys and the type of what is read follow from it.
 *
 * Wherever a list of addresses, ports or names is wanted, a single one may stand without brackets.
 */
import * as z from 'zod'
import type { ProfileName } from '../../model/deployment.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import {
  address,
  flag,
  list,
  nameOfType,
  oneOf,
  port,
  readable,
  section,
  some,
  span,
  text,
  whole,
} from './fields.ts'
import { ALERTS } from './alert-schema.ts'
import { patternFault } from './pattern.ts'
import { flowAddress, hostAndPort } from './values.ts'

/** Kept as it is written; only looked at. */
const hostPort = (meaning: string) =>
  readable<string>(text(meaning), (written) => {
    const read = hostAndPort(written)
    return 'wrong' in read ? read : { value: written }
  })

const flowPlace = (meaning: string) =>
  readable<string>(text(meaning), (written) => {
    const read = flowAddress(written)
    return 'wrong' in read ? read : { value: written }
  })

const name = (meaning: string) =>
  readable<string>(text(meaning), (written) =>
    /^[A-Za-z0-9][\w.-]{0,63}$/.test(written)
      ? { value: written }
      : { wrong: 'is no name of a tap; write letters, digits, dots, - and _' },
  )

const pattern = readable<RegExp>(
  text('Matched against the first octets that the agent sends; the first group is its name'),
  (source) => {
    const wrong = patternFault(source)
    return wrong === null ? { value: new RegExp(source) } : { wrong }
  },
)

const server = section({
  name: text('How reports call it'),
  addresses: some(address, 'Where it answers').optional(),
  priority: whole(1, 100, 'a priority')
    .optional()
    .meta({ description: '1 is preferred; equal priorities are a group' }),
  weight: z.number({ error: 'must be a number' }).min(0, { error: 'must not be negative' }).optional(),
  replicationAddresses: some(address, 'Its addresses for traffic between servers').optional(),
})

const IDENTITY_KEYS = ['httpHeader', 'urlParameter', 'cookie', 'payloadPattern', 'clientCertificate'] as const
const identity = section({
  httpHeader: text('Name of the request header that holds the agent').optional(),
  urlParameter: text('Name of the query parameter that holds the agent').optional(),
  cookie: text('Name of the cookie that holds the agent').optional(),
  payloadPattern: pattern.optional(),
  clientCertificate: oneOf(
    ['subject', 'names', 'fingerprintSha256'],
    'Field of the client certificate',
  ).optional(),
}).refine((rule) => Object.keys(rule).length === 1, { error: `must hold one of ${IDENTITY_KEYS.join(', ')}` })

const service = section({
  name: text('How reports call it'),
  profile: oneOf(
    Object.keys(PROFILES) as ProfileName[],
    'Product: its defaults fill in what is not written',
  ).optional(),
  fqdn: text('The name that agents are configured with').optional(),
  ports: some(port, 'TCP ports that agents connect to').optional(),
  vips: some(address, 'Addresses of a load balancer that agents connect to').optional(),
  connections: oneOf(['persistent', 'polling', 'web'], 'How agents use connections').optional(),
  persistence: oneOf(
    ['sticky', 'failover', 'ordered', 'weighted', 'random', 'none'],
    'Which server an agent is given when it comes again',
  ).optional(),
  persistenceDuration: span('How long an agent stays with its server').optional(),
  idleThreshold: span('A silence this long counts as idle').optional(),
  serverIdleTimeout: span("The server's own idle close, by design; 0s: never").optional(),
  heartbeat: span('Between signs of life on an idle connection').optional(),
  checkIn: span('Between regular contacts of an agent').optional(),
  servers: list(server).optional(),
  failback: section({
    expected: flag('Agents return to the preferred server').optional(),
    delay: span('How long they may take').optional(),
  }).optional(),
  tls: section({
    mode: oneOf(['passthrough', 'termination', 'any'], 'What devices between may do with TLS').optional(),
  }).optional(),
  enrolment: section({
    paths: some(text('Path of a request that enrols'), 'Paths of the requests that enrol').optional(),
    singleSetCookie: flag('The response must carry exactly one Set-Cookie').optional(),
    cookie: text('The cookie that the server itself sets').optional(),
  }).optional(),
  web: section({
    sessionCookies: some(text('Cookie name'), 'Cookies that hold a session').optional(),
    csrfFields: some(
      text('Field name'),
      'Form fields and headers that hold a token against request forgery',
    ).optional(),
    proxies: some(address, 'Front-end applications and reverse proxies').optional(),
  }).optional(),
  smtp: section({
    ports: some(port, 'SMTP ports').optional(),
    nextHops: some(address, 'Mail servers that mail is handed on to').optional(),
  }).optional(),
  replication: section({ ports: some(port, 'Ports of traffic between servers').optional() }).optional(),
  wakeUp: section({
    port,
    within: span('An agent that was woken checks in within this time').optional(),
  }).optional(),
  identity: list(identity).optional(),
})

/** Service name -> groups of server names, in order of preference. */
const preference = z
  .record(z.string(), list(list(text('Server name'))), {
    error: (issue) => `must be a group of keys, not ${nameOfType(issue.input)}`,
  })
  .meta({
    description: 'By service: groups of server names in order of preference, as in [[sepm1], [sepm2, sepm3]]',
  })

const COLLECTOR_KEYS = ['interface', 'follow', 'connect', 'accept', 'flows'] as const
const collector = section({
  name: text('By which it is found again; how pages call its capture'),
  interface: some(text('Name of an interface'), 'Capture there, through tcpdump or dumpcap').optional(),
  follow: text('A folder into which a capture ring writes').optional(),
  connect: hostPort('Fetch pcap over IP from there').optional(),
  accept: hostPort('Take pcap over IP there').optional(),
  flows: flowPlace('Take NetFlow v5, v9 and IPFIX there over UDP; tcp:HOST:PORT: IPFIX over TCP').optional(),
  allTraffic: z
    .boolean({ error: 'must be true or false' })
    .meta({ description: 'With flows: follow all TCP, not only that of the services' })
    .optional(),
  activeTimeout: span('With flows: no exporter keeps a flow open for longer').optional(),
  tap: name('The name of the place of the capture').optional(),
  filter: z
    .string({ error: 'must be text' })
    .meta({ description: 'Instead of the capture filter that this file comes to; empty: everything' })
    .optional(),
  captureWith: oneOf(['tcpdump', 'dumpcap'], 'Which program captures').optional(),
  snapLength: whole(0, 262_144, 'a length')
    .meta({ description: 'Octets kept of a packet; 0: all' })
    .optional(),
  buffer: whole(1, 2_000, 'a size').meta({ description: "MiB of the kernel's buffer" }).optional(),
  resolveAfter: span('An incident is over when it did not happen again for so long').optional(),
  checkpointEvery: span('Between two checkpoints, which a restart goes on from').optional(),
}).refine((one) => COLLECTOR_KEYS.filter((key) => one[key] !== undefined).length === 1, {
  error: `must hold one of ${COLLECTOR_KEYS.join(', ')}`,
})

export const CONFIG = section({
  services: list(service).optional(),
  locations: list(
    section({
      name: text('How reports call it'),
      subnets: some(address, 'Agents with these addresses are here').optional(),
      servers: preference.optional(),
    }),
  ).optional(),
  groups: list(
    section({
      name: text('How reports call it'),
      agents: some(text('Name or address of an agent'), 'Its agents').optional(),
      servers: preference.optional(),
    }),
  ).optional(),
  devices: list(
    section({
      role: oneOf(['load-balancer', 'firewall', 'nat', 'reverse-proxy', 'dns', 'middlebox'], 'What it is'),
      name: text('How reports call it').optional(),
      addresses: some(address, 'All of its addresses').optional(),
      idleTimeout: span('After how much silence it drops a connection').optional(),
    }),
  ).optional(),
  nat: list(
    section({
      inside: some(address, 'Addresses before translation'),
      outside: some(address, 'Addresses after it'),
      mapping: oneOf(['static', 'shared', 'pool'], 'static: each agent keeps one outside address').optional(),
    }),
  ).optional(),
  dns: section({ names: some(text('Name'), 'Names that agents resolve').optional() }).optional(),
  agents: list(
    section({
      id: text('The name of the agent'),
      addresses: some(address, 'Its own addresses').optional(),
    }),
  ).optional(),
  ignore: some(address, 'Scanners and probes: never agents').optional(),
  alerts: ALERTS.optional(),
  collectors: list(collector)
    .optional()
    .meta({ description: 'Live packets and flow records that serve collects' }),
})

/** A configuration that is valid in itself; references between its parts are checked in references.ts. */
export type Config = z.output<typeof CONFIG>
export type CollectorKeys = NonNullable<Config['collectors']>[number]
export type ConfiguredServiceKeys = NonNullable<Config['services']>[number]

/**
 * JSON Schema (draft 2020-12) of what may be written, for editors and for the messages about unknown keys.
 */
export function jsonSchema(): Record<string, unknown> {
  return { title: 'Holdfast configuration', ...z.toJSONSchema(CONFIG, { io: 'input' }) }
}

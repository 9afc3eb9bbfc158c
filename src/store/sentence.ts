/**
 * What happened, in one sentence: to whom, by which box, after how long. The box is the subject only if it
 * is proven; else the agent is, or `something between`. Names from traffic are cut, never escaped: whoever
 * shows them knows what its page or terminal obeys.
 */
import { count } from '../model/count.ts'
import { deviceName, withinSentence } from '../model/device-name.ts'
import { isAtLeast, type Finding, type IncidentType } from '../model/incident.ts'
import { shortName } from '../model/short-name.ts'

export function sentenceOf(finding: Finding): string {
  const { lostMeanwhile } = finding.details
  const sentence = SENTENCES[finding.type](finding)
  if (typeof lostMeanwhile !== 'number') return sentence
  return `${sentence} Meanwhile ${lostMeanwhile} packets or records were lost.`
}

const SENTENCES: Readonly<Record<IncidentType, (f: Finding) => string>> = {
  'severed-idle': (f) => `${severed(f)}${afterSilence(f)}.`,
  'server-idle-close': (f) =>
    `${capital(where(f))} closed the idle connection of ${who(f)}${afterSilence(f)}.`,
  'half-open-leftover': (f) =>
    `${capital(where(f))} still holds a connection of ${who(f)}, which has gone to another server.`,
  'reconnect-overhead': (f) =>
    `${capital(who(f))} came back to ${where(f)} and was sent ${number(f.details['bytes'])} octets${within(f.details['seconds'])}.`,
  'server-hop': hopped,
  'persistence-expired-early': (f) =>
    `${device(f)} forgot ${who(f)}${since(f.details['awaySeconds'])} and passed it to ${where(f)} instead of ${text(f.details['previousServer'])}.`,
  'persistence-cookie-ignored': (f) =>
    `${capital(who(f))} returned ${text(f.details['cookie'])} for ${text(f.details['expectedServer'])} and reached ${where(f)}.`,
  'persistence-cookie-lost': (f) =>
    `${capital(who(f))} was given ${text(f.details['cookie'])} ${number(f.details['given'])} times and never returned it.`,
  'round-robin': (f) =>
    `${device(f)} hands the connections of ${where(f)} round: ${words(f.details['shares'])}.`,
  'not-active-standby': (f) =>
    `${device(f)} gave ${number(f.details['others'])} new connections of ${where(f)} to other servers than ${text(f.details['top'])}, which was well.`,
  imbalance: (f) =>
    `The servers of ${where(f)} have unequal shares of the agents: ${words(f.details['shares'])}.`,
  'weight-mismatch': (f) =>
    `${device(f)} does not spread the agents of ${where(f)} by the weights of its servers.`,
  'dns-round-robin': (f) => `DNS hands out the addresses of ${text(f.details['name'])} in turn.`,
  'dns-change': (f) => `The DNS record of ${text(f.details['name'])} was changed.`,
  failover: (f) =>
    `${moved(f)} from ${text(f.details['previousServer'])} to ${where(f)}, because the server before failed.`,
  failback: (f) => `${moved(f)} back from ${text(f.details['previousServer'])} to ${where(f)}.`,
  'server-outage': (f) => `${capital(where(f))} served nobody: ${failure(f)}.`,
  'no-failover': (f) =>
    `${capital(who(f))} went on trying ${where(f)}, although ${text(f.details['alternative'])} served others.`,
  'no-failback': (f) =>
    `${capital(who(f))} stayed at ${where(f)}, although ${text(f.details['preferredServer'])} was back.`,
  'wrong-priority': (f) =>
    `${capital(who(f))} used ${where(f)}, although ${text(f.details['preferredServer'])} comes first and was well.`,
  'wrong-location': (f) =>
    `${capital(who(f))} used ${text(f.details['contacted'])} of location ${text(f.details['listedFor'])}, where it is not.`,
  'off-list-server': (f) =>
    `${capital(who(f))} talked to ${text(f.details['contacted'])}, which is not on its list.`,
  'herd-move': (f) =>
    `Of the ${number(f.details['of'])} agents of ${where(f)}, ${number(f.details['agents'])} turned to other servers${within(f.details['seconds'])}.`,
  'severed-active': (f) => `${device(f)} reset a connection of ${who(f)} to ${where(f)} while it was in use.`,
  'timer-risk': (f) =>
    `${device(f)} may end connections of ${where(f)} after ${text(f.details['timer'])}, which are silent for ${text(f.details['needed'])}.`,
  'checkin-retries-exhausted': (f) =>
    `${capital(who(f))} tried ${where(f)} ${number(f.details['attempts'])} times in a row and reached nobody.`,
  'assignment-not-applied': (f) =>
    `${capital(who(f))} still uses ${text(f.details['contacted'])}, although others of its group have gone over.`,
  'content-bypass': (f) =>
    f.agent === null
      ? `${capital(where(f))} fetched the same content from ${text(f.details['from'])} again and again.`
      : `${capital(who(f))} fetched content from ${text(f.details['from'])}, past its own handler.`,
  'mass-disconnect': (f) =>
    `${device(f)} ended ${number(f.details['connections'])} connections of ${where(f)} at once.`,
  'reconnect-storm': (f) =>
    `Of the agents of ${where(f)}, ${number(f.details['agents'])} came back at once${within(f.details['seconds'])}.`,
  'missed-checkin': (f) =>
    `${capital(who(f))} did not check in at ${where(f)} when it was due, ${number(f.details['missed'])} times in a row.`,
  'wakeup-call': (f) => `${capital(where(f))} called ${who(f)}.`,
  'wakeup-failed': (f) =>
    `${capital(where(f))} called ${who(f)}, which did not check in${within(f.details['withinSeconds'])}.`,
  'nat-change': (f) =>
    `${deviceName(f.actor)} gave ${who(f)} the address ${text(f.details['to'])} instead of ${text(f.details['from'])}.`,
  'nat-rebind': (f) =>
    typeof f.details['to'] === 'string'
      ? `${deviceName(f.actor)} moved an open connection of ${who(f)} from ${text(f.details['from'])} to ${text(f.details['to'])}.`
      : `${deviceName(f.actor)} lost the mapping of an open connection of ${who(f)} to ${where(f)}.`,
  'multiple-set-cookie': (f) => {
    const when = f.details['enrolmentStated'] === false ? '' : ' at enrolment'
    return `${capital(who(f))} was sent more than one cookie${when}${cookies(f)}.`
  },
  'duplicate-set-cookie': (f) => `${capital(who(f))} was sent one cookie twice${cookies(f)}.`,
  'session-node-switch': (f) =>
    `A web session went from ${text(f.details['previousServer'])} to ${text(f.details['server'])} while it lasted.`,
  'proxy-node-switch': (f) =>
    `A web session went from proxy ${text(f.details['previousNode'])} to ${text(f.details['node'])} while it lasted.`,
  'payload-modified': (f) =>
    `${device(f)} changed the body of a ${text(f.details['direction'])} of ${where(f)}: ${text(f.details['request'])}.`,
  'csrf-modified': (f) =>
    `${device(f)} changed the token ${text(f.details['field'])} in a ${text(f.details['direction'])} of ${where(f)}.`,
  'enrolment-failed': (f) => `${capital(who(f))} was not enrolled at ${where(f)}.`,
  'scan-at-risk': (f) => `Scans of ${where(f)} may be lost: agents change servers.`,
  'vip-bypass': (f) =>
    `${capital(who(f))} went straight to ${where(f)} instead of ${text(f.details['vip'])}.`,
  'return-path-bypass': (f) => `Responses of ${where(f)} take another way than the requests.`,
  'nat-shared': (f) =>
    `Agents share the address ${text(f.details['address'])}: ${number(f.details['agents'])} of them.`,
  'snat-hides-agents': (f) =>
    `${device(f)} stands for all agents of ${where(f)} by its address, and nothing tells them apart.`,
  'cookie-rewritten': (f) =>
    `${device(f)} rewrote a cookie of the application in a ${text(f.details['direction'])} of ${where(f)}.`,
  'certificate-name-mismatch': (f) =>
    `${capital(where(f))} showed a certificate that does not name ${text(f.details['name'])}.`,
  'certificate-differs': (f) =>
    `Servers of ${where(f)} show different certificates for ${text(f.details['name'])}.`,
  'certificate-shared-replication': (f) =>
    `Members of ${text(f.service)} show one and the same certificate to each other.`,
  'certificate-untrusted': (f) =>
    `${capital(who(f))} refused the certificate of ${where(f)}: ${text(f.details['reason'])}.`,
  'tls-modified': (f) => `${device(f)} changed the TLS between ${who(f)} and ${where(f)}.`,
  'tls-terminated': (f) => `${device(f)} ends the TLS of agents of ${where(f)}.`,
  'tls-passthrough': (f) => `${device(f)} passes the TLS of ${where(f)} on as it is.`,
  cleartext: (f) => `Requests to ${where(f)} passed in clear.`,
  'protocol-mismatch': (f) =>
    `${capital(text(f.details['client']))} and ${where(f)} do not speak the same protocol.`,
  'replication-wrong-interface': (f) =>
    `${capital(text(f.details['from']))} and ${text(f.details['to'])} replicate over addresses for clients.`,
  'client-on-replication-interface': (f) =>
    `${capital(who(f))} talked to ${where(f)} at an address for replication.`,
  'replication-down': (f) =>
    `${capital(text(f.details['from']))} could not reach ${text(f.details['to'])} for replication.`,
  'replica-lag-read': (f) =>
    `${capital(who(f))} was told by ${where(f)} that what ${text(f.details['previousServer'])} had served does not exist.`,
  'health-check-failed': (f) =>
    `Health checks of ${where(f)} failed, although its port is open: it ${text(f.details['answer'])}.`,
  'next-hop-down': (f) =>
    `${capital(text(f.details['from']))} could not hand mail on to ${text(f.details['nextHop'])}.`,
}

function hopped(f: Finding): string {
  const moved = `from ${text(f.details['previousServer'])} to ${where(f)}`
  const health = f.details['previousServerHealthy'] === true ? 'was healthy' : 'was not seen to fail'
  const byDevice = isProven(f) && f.actor.role !== 'agent'
  const act = byDevice ? `${deviceName(f.actor)} moved ${who(f)}` : `${capital(who(f))} moved`
  return `${act} ${moved}, although the server before ${health}.`
}

/** The device as the subject of a sentence, whether or not its role is proven. */
const device = (f: Finding): string =>
  isProven(f) ? deviceName(f.actor) : 'Something in front of the servers'

/** The device that did it, or the agent itself. */
const moved = (f: Finding): string =>
  isProven(f) && f.actor.role !== 'agent'
    ? `${deviceName(f.actor)} moved ${who(f)}`
    : `${capital(who(f))} went`

const failure = ({ details }: Finding): string =>
  typeof details['failure'] === 'string' ? shortName(details['failure']) : 'tries failed'

/** A device whose role is known; what is only known to be on the path has no name yet. */
const isProven = ({ actor }: Finding): boolean => actor.role !== 'unknown' && actor.role !== 'middlebox'

const severed = (f: Finding): string =>
  f.needs !== undefined
    ? `The idle connection of ${who(f)} to ${where(f)} may have been cut, or its host was asleep,`
    : isProven(f)
      ? `${deviceName(f.actor)} cut the idle connection of ${who(f)} to ${where(f)}`
      : `Something between ${who(f)} and ${where(f)} cut their idle connection`

function who({ agent, tuple }: Finding): string {
  if (agent !== null) return shortName(agent.id)
  return tuple === null ? 'an agent' : `the agent behind ${tuple[0].address}`
}

function where({ server, service }: Finding): string {
  if (server !== null) return shortName(server.name)
  return service === null ? 'the server' : shortName(service)
}

function cookies({ details, actor }: Finding): string {
  const list = Array.isArray(details['cookies']) ? (details['cookies'] as CookieFact[]) : []
  const names = [...new Set(list.map((cookie) => text(cookie.name)))]
  const added = list.filter((cookie) => cookie.injected === true).map((cookie) => text(cookie.name))
  const which = names.length === 0 ? '' : `: ${names.join(', ')}`
  const by = withinSentence(deviceName(actor))
  if (actor.role === 'server') return `${which}; ${by} itself sent them`
  if (added.length === 0 || actor.role === 'unknown') return which
  return `${which}; ${by} added ${[...new Set(added)].join(', ')}`
}

interface CookieFact {
  readonly name?: unknown
  readonly injected?: unknown
}

const afterSilence = ({ details }: Finding): string => {
  const { silenceSeconds } = details
  if (typeof silenceSeconds !== 'number') return ''
  return ` after ${isAtLeast(details) ? 'at least ' : ''}${spoken(silenceSeconds)} of silence`
}
const within = (seconds: unknown): string => (typeof seconds === 'number' ? ` in ${spoken(seconds)}` : '')
const since = (seconds: unknown): string => (typeof seconds === 'number' ? ` after ${spoken(seconds)}` : '')
const words = (value: unknown): string => (typeof value === 'string' ? value : 'see its details')
const text = (value: unknown): string => (typeof value === 'string' ? shortName(value) : 'another one')
const number = (value: unknown): string => (typeof value === 'number' ? count(value) : 'many')
const capital = (words: string): string =>
  /^(?:the|an|another) /.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words

/** Milliseconds below a second, seconds up to 600, as timers are set; then two units. */
function spoken(seconds: number): string {
  if (seconds < 0.0005) return 'less than 1 ms'
  if (seconds < 0.9995) return `${Math.round(seconds * 1_000)} ms`
  if (seconds < 600) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 7_200) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/**
 * What happened, in one sentence: to whom, by which box, after how long. The box is the subject only if it
 * is proven; else the agent is, or `something between`. Names from traffic are cut, never escaped: whoever
 * shows them knows what its page or terminal obeys.
 */
import { deviceName } from '../model/device-name.ts'
import type { Finding, IncidentType } from '../model/incident.ts'
import { shortName } from '../model/short-name.ts'

export const sentenceOf = (finding: Finding): string => SENTENCES[finding.type](finding)

const SENTENCES: Readonly<Record<IncidentType, (f: Finding) => string>> = {
  'severed-idle': (f) => `${severed(f)}${after(f.details['silenceSeconds'])}.`,
  'server-idle-close': (f) =>
    `${capital(where(f))} closed the idle connection of ${who(f)}${after(f.details['silenceSeconds'])}.`,
  'half-open-leftover': (f) =>
    `${capital(where(f))} still holds a connection of ${who(f)}, which has gone to another server.`,
  'reconnect-overhead': (f) =>
    `${capital(who(f))} came back to ${where(f)} and was sent ${number(f.details['bytes'])} octets${within(f.details['seconds'])}.`,
  'server-hop': hopped,
  'nat-change': (f) =>
    `${deviceName(f.actor)} gave ${who(f)} the address ${text(f.details['to'])} instead of ${text(f.details['from'])}.`,
  'nat-rebind': (f) =>
    typeof f.details['to'] === 'string'
      ? `${deviceName(f.actor)} moved an open connection of ${who(f)} from ${text(f.details['from'])} to ${text(f.details['to'])}.`
      : `${deviceName(f.actor)} lost the mapping of an open connection of ${who(f)} to ${where(f)}.`,
  'multiple-set-cookie': (f) => `${capital(who(f))} was sent more than one cookie at enrolment${cookies(f)}.`,
  'duplicate-set-cookie': (f) => `${capital(who(f))} was sent one cookie twice${cookies(f)}.`,
}

function hopped(f: Finding): string {
  const moved = `from ${text(f.details['previousServer'])} to ${where(f)}`
  const health = f.details['previousServerHealthy'] === true ? 'was healthy' : 'was not seen to fail'
  const byDevice = isProven(f) && f.actor.role !== 'agent'
  const act = byDevice ? `${deviceName(f.actor)} moved ${who(f)}` : `${capital(who(f))} moved`
  return `${act} ${moved}, although the server before ${health}.`
}

/** A device whose role is known; what is only known to be on the path has no name yet. */
const isProven = ({ actor }: Finding): boolean => actor.role !== 'unknown' && actor.role !== 'middlebox'

const severed = (f: Finding): string =>
  isProven(f)
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
  if (added.length === 0) return which
  const device = deviceName(actor)
  return `${which}; ${device.charAt(0).toLowerCase()}${device.slice(1)} added ${[...new Set(added)].join(', ')}`
}

interface CookieFact {
  readonly name?: unknown
  readonly injected?: unknown
}

const after = (seconds: unknown): string =>
  typeof seconds === 'number' ? ` after ${spoken(seconds)} of silence` : ''
const within = (seconds: unknown): string => (typeof seconds === 'number' ? ` in ${spoken(seconds)}` : '')
const text = (value: unknown): string => (typeof value === 'string' ? shortName(value) : 'another one')
const number = (value: unknown): string =>
  typeof value === 'number' ? String(value).replace(/\B(?=(?:\d{3})+$)/g, ',') : 'many'
const capital = (words: string): string =>
  words.startsWith('the ') || words.startsWith('an ') ? words.charAt(0).toUpperCase() + words.slice(1) : words

/** Seconds up to 600, as timers are set; then two units. */
function spoken(seconds: number): string {
  if (seconds < 600) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 7_200) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.round((whole % 3_600) / 60)} min`
}

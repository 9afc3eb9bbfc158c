/** The key `alerts` as settings, with its defaults; and what no single key of it can show to be wrong. */
import type { AlertSettings, DailySpan, Maintenance, OutputSettings, Target } from '../../alerts/settings.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import type { AlertKeys } from './alert-schema.ts'
import { WEEKDAYS } from './alert-values.ts'
import type { Fault } from './problems.ts'

const HOUR: Micros = 3600 * SECOND
const UPDATE_EVERY = HOUR
const RETRY_FOR = 24 * HOUR
/** The example number of RFC 5612, as long as nobody gives another one. */
const ENTERPRISE = 32_473
const LOCAL0 = 16
/** RFC 6587 names 601 for TCP, RFC 5425 6514 for TLS. */
const SYSLOG_PORTS = { tcp: 601, tls: 6514 }
const SMTP_PORTS = { tls: 465, starttls: 587, none: 25 }
const FILES_KEPT = 5

export const NO_ALERTS: AlertSettings = {
  outputs: [],
  routes: [],
  quietHours: [],
  maintenance: [],
  link: null,
  retryFor: RETRY_FOR,
}

/** Without routes everything that is at least a warning goes to all outputs. */
export function alertSettings(keys: AlertKeys | undefined): AlertSettings {
  if (keys === undefined) return NO_ALERTS
  return {
    outputs: (keys.outputs ?? []).map(outputOf),
    routes: (keys.routes ?? [{}]).map((route) => ({
      outputs: route.outputs ?? [],
      services: route.services ?? [],
      types: route.types ?? [],
      severity: route.severity ?? 'warning',
      updateEvery: route.updateEvery ?? UPDATE_EVERY,
    })),
    quietHours: (keys.quietHours ?? []).map((span) => ({
      ...dailyOf(span),
      outputs: span.outputs ?? [],
      criticalPasses: span.criticalPasses ?? true,
    })),
    maintenance: (keys.maintenance ?? []).map(maintenanceOf),
    link: keys.link ?? null,
    retryFor: keys.retryFor ?? RETRY_FOR,
  }
}

type OutputKeys = NonNullable<AlertKeys['outputs']>[number]

const outputOf = (keys: OutputKeys): OutputSettings => ({ name: keys.name, target: targetOf(keys) })

function targetOf({ webhook, syslog, email, slack, teams, file }: OutputKeys): Target {
  if (webhook !== undefined)
    return { type: 'webhook', url: addressOf(webhook.url), secret: placeOf(webhook.secret) }
  if (syslog !== undefined) return syslogOf(syslog)
  if (email !== undefined) return emailOf(email)
  if (slack !== undefined) return { type: 'slack', url: addressOf(slack.url) }
  if (teams !== undefined) return { type: 'teams', url: addressOf(teams.url) }
  return {
    type: 'file',
    path: file?.path ?? '',
    sizeMax: file?.maxSize ?? null,
    keep: file?.keep ?? FILES_KEPT,
  }
}

type SecretKeys = { env?: string | undefined; file?: string | undefined }

const placeOf = (place: SecretKeys | undefined) =>
  place === undefined ? null : place.env === undefined ? { file: place.file ?? '' } : { env: place.env }
const addressOf = (url: string | SecretKeys) => (typeof url === 'string' ? url : (placeOf(url) ?? ''))

function syslogOf({ host, port, tls, ca, facility, enterprise }: NonNullable<OutputKeys['syslog']>): Target {
  const isTls = tls ?? ca !== undefined
  return {
    type: 'syslog',
    host,
    port: port ?? (isTls ? SYSLOG_PORTS.tls : SYSLOG_PORTS.tcp),
    isTls,
    ca: ca ?? null,
    facility: facility ?? LOCAL0,
    enterprise: enterprise ?? ENTERPRISE,
  }
}

function emailOf({ security = 'starttls', ...keys }: NonNullable<OutputKeys['email']>): Target {
  return {
    type: 'email',
    host: keys.host,
    port: keys.port ?? SMTP_PORTS[security],
    security,
    ca: keys.ca ?? null,
    user: keys.user ?? null,
    password: placeOf(keys.password),
    from: keys.from,
    to: keys.to,
  }
}

interface DailyKeys {
  readonly days?: readonly (typeof WEEKDAYS)[number][] | undefined
  readonly from: number
  readonly to: number
  readonly timeZone?: string | undefined
}

const dailyOf = ({ days = WEEKDAYS, from, to, timeZone = 'UTC' }: DailyKeys): DailySpan => ({
  days: days.map((day) => WEEKDAYS.indexOf(day)),
  from,
  to,
  timeZone,
})

function maintenanceOf(keys: NonNullable<AlertKeys['maintenance']>[number]): Maintenance {
  const { name = 'maintenance', services = [], start, end, from = 0, to = 0, days, timeZone } = keys
  const when =
    start === undefined || end === undefined ? dailyOf({ days, from, to, timeZone }) : { start, end }
  return { name, services, when }
}

type Keys = Readonly<Record<string, unknown>>
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]
const keys = (value: unknown): Keys =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Keys) : {}

/** Outputs that routes and quiet hours name and nothing defines; outputs of the same name. */
export function alertFaults(raw: unknown): Fault[] {
  const alerts = keys(keys(raw)['alerts'])
  const defined = list(alerts['outputs']).map((output) => keys(output)['name'])
  const known = defined.filter((name) => typeof name === 'string')
  const strangers = ['routes', 'quietHours'].flatMap((part) =>
    list(alerts[part]).flatMap((entry, i) => {
      const named = keys(entry)['outputs']
      return list(named).flatMap((name, j): Fault[] => {
        if (typeof name !== 'string' || known.includes(name)) return []
        const path = ['alerts', part, i, 'outputs', ...(Array.isArray(named) ? [j] : [])]
        const message = `is ${name}, which is no output`
        return [{ path, message, onKey: false, misspelt: { word: name, known } }]
      })
    }),
  )
  const doubles = defined.flatMap((name, i): Fault[] => {
    const first = defined.indexOf(name)
    if (typeof name !== 'string' || first === i) return []
    const path = ['alerts', 'outputs', i, 'name']
    return [{ path, message: `is ${name}, as outputs[${first}] is already`, onKey: false }]
  })
  return [...doubles, ...strangers]
}

/** Services that alerts name and that the file does not describe. */
export function alertNotes(raw: unknown): Fault[] {
  const root = keys(raw)
  const named = list(root['services']).map((service) => keys(service)['name'])
  const known = named.filter((name) => typeof name === 'string')
  const alerts = keys(root['alerts'])
  return ['routes', 'maintenance'].flatMap((part) =>
    list(alerts[part]).flatMap((entry, i) => {
      const named = keys(entry)['services']
      return list(named).flatMap((name, j): Fault[] => {
        if (typeof name !== 'string' || known.includes(name)) return []
        const path = ['alerts', part, i, 'services', ...(Array.isArray(named) ? [j] : [])]
        const message = 'names a service that this file does not describe'
        return [{ path, message, onKey: false, misspelt: { word: name, known } }]
      })
    }),
  )
}

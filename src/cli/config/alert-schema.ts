/** The key `alerts` of `holdfast.yaml`: who is told what, where and when. */
import * as z from 'zod'
import { INCIDENT_TYPES } from '../../model/incident.ts'
import { suggestion } from '../nearest.ts'
import { momentOf } from '../analyze/time-text.ts'
import { size } from '../serve/amounts.ts'
import { flag, list, nameOfType, oneOf, port, readable, section, some, span, text, whole } from './fields.ts'
import { clockTime, syslogFacility, timeZone, webAddress, WEEKDAYS } from './alert-values.ts'

/** Outputs, routes, spans: as many as somebody may write by hand. */
const ENTRIES_MAX = 200

const few = <T extends z.ZodType>(entry: T) =>
  list(entry).max(ENTRIES_MAX, { error: `holds more than ${ENTRIES_MAX} entries` })

const secret = section({
  env: text('An environment variable that holds it').optional(),
  file: text('A file that holds it').optional(),
}).refine((place) => Object.keys(place).length === 1, { error: 'must hold env or file' })

/** An address, or where it is kept: those of Slack and Teams are secrets themselves. */
const address = z
  .union([readable(text('An http or https address'), webAddress), secret])
  .meta({ description: 'Where to; an address that is secret stands in the environment or in a file' })

const file = text('PEM file of the authority that vouches for the receiver')

const OUTPUT_TYPES = {
  webhook: section({
    url: address,
    secret: secret.optional().meta({ description: 'Signs each request (Standard Webhooks)' }),
  }),
  syslog: section({
    host: text('Name or address'),
    port: port.optional(),
    tls: flag('RFC 5425; otherwise plain TCP').optional(),
    ca: file.optional(),
    facility: readable(text('kern, user, daemon, auth, local0 to local7'), syslogFacility).optional(),
    enterprise: whole(1, 4_294_967_295, 'a private enterprise number')
      .optional()
      .meta({ description: 'Names the structured data: holdfast@32473' }),
  }),
  email: section({
    host: text('The mail server'),
    port: port.optional(),
    security: oneOf(['tls', 'starttls', 'none'], 'How the connection is protected').optional(),
    ca: file.optional(),
    user: text('Who logs in').optional(),
    password: secret.optional(),
    from: text('The address that mail comes from'),
    to: some(text('An address'), 'Who gets it'),
  }).refine((keys) => (keys.user === undefined) === (keys.password === undefined), {
    error: 'must hold both user and password, or neither',
  }),
  slack: section({ url: address }),
  teams: section({ url: address }),
  file: section({
    path: text('One JSON object a line is appended'),
    maxSize: readable(
      z
        .string({ error: (issue) => `must be a size such as 10M, not ${nameOfType(issue.input)}` })
        .meta({ description: 'From this size on a new file is begun', examples: ['10M', '1G'] }),
      size,
    ).optional(),
    keep: whole(0, 1000, 'a number of files').optional().meta({ description: 'Older files that stay' }),
  }),
}
const TYPE_NAMES = Object.keys(OUTPUT_TYPES) as (keyof typeof OUTPUT_TYPES)[]

const output = section({
  name: text('How routes, commands and the dashboards call it'),
  webhook: OUTPUT_TYPES.webhook.optional(),
  syslog: OUTPUT_TYPES.syslog.optional(),
  email: OUTPUT_TYPES.email.optional(),
  slack: OUTPUT_TYPES.slack.optional(),
  teams: OUTPUT_TYPES.teams.optional(),
  file: OUTPUT_TYPES.file.optional(),
}).refine((keys) => TYPE_NAMES.filter((name) => keys[name] !== undefined).length === 1, {
  error: `must hold one of ${TYPE_NAMES.join(', ')}`,
})

const incidentType = z
  .enum(INCIDENT_TYPES, {
    error: ({ input }) =>
      `is no type of incident${typeof input === 'string' ? suggestion(input, INCIDENT_TYPES) : ''}`,
  })
  .meta({ description: 'A type of incident' })

const services = some(text('Service name'), 'Services; all if absent').optional()
const outputs = some(text('Name of an output'), 'Outputs; all if absent').optional()

const route = section({
  outputs,
  services,
  types: some(incidentType, 'Types of incidents; all if absent').optional(),
  severity: oneOf(['critical', 'warning', 'info'], 'At least as bad (default: warning)').optional(),
  updateEvery: span('News of an incident that was told are told at most so often (default: 1h)').optional(),
})

const clock = (meaning: string) =>
  readable(
    z
      .string({ error: (issue) => `must be a time of day such as "22:00", not ${nameOfType(issue.input)}` })
      .meta({ description: meaning, examples: ['22:00'] }),
    clockTime,
  )

const daily = {
  days: some(oneOf(WEEKDAYS, 'A day of the week'), 'Days on which it begins; all if absent').optional(),
  from: clock('When it begins'),
  to: clock('When it ends; on the next day if that is earlier'),
  timeZone: readable(text('As in Europe/Berlin (default: UTC)'), timeZone).optional(),
}

const instant = readable(
  z
    .string({
      error: (issue) => `must be a time such as 2026-11-21T20:00:00Z, not ${nameOfType(issue.input)}`,
    })
    .meta({ description: 'With its zone', examples: ['2026-11-21T20:00:00Z'] }),
  (written) => {
    const moment = momentOf(written)
    return 'at' in moment ? { value: moment.at } : moment
  },
)

const maintenance = section({
  name: text('How it is called').optional(),
  services,
  start: instant.optional(),
  end: instant.optional(),
  days: daily.days,
  from: daily.from.optional(),
  to: daily.to.optional(),
  timeZone: daily.timeZone,
}).superRefine((keys, context) => {
  const isOnce = keys.start !== undefined && keys.end !== undefined
  const isDaily = keys.from !== undefined && keys.to !== undefined
  const isMixed = isDaily
    ? keys.start !== undefined || keys.end !== undefined
    : [keys.from, keys.to, keys.days, keys.timeZone].some((key) => key !== undefined)
  if (isOnce === isDaily || isMixed)
    context.addIssue({
      code: 'custom',
      message: 'must hold start and end (once), or from and to (every week)',
    })
  else if (isOnce && (keys.end ?? 0) <= (keys.start ?? 0))
    context.addIssue({ code: 'custom', message: 'ends before it begins', path: ['end'] })
})

export const ALERTS = section({
  link: readable(text('Where the dashboards are, for links in alerts'), webAddress).optional(),
  retryFor: span('How long a delivery is tried before it is a dead letter (default: 24h)').optional(),
  outputs: few(output).optional(),
  routes: few(route).optional(),
  quietHours: few(
    section({
      ...daily,
      outputs,
      criticalPasses: flag('What is critical is told all the same (default: true)').optional(),
    }),
  ).optional(),
  maintenance: few(maintenance).optional(),
})

export type AlertKeys = z.output<typeof ALERTS>

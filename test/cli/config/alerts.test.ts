import { expect, test } from 'vitest'
import { parseConfig } from '../../../src/cli/config/load.ts'
import { problemText } from '../../../src/cli/config/problems.ts'

const HOUR = 3600e6

function settings(source: string) {
  const loaded = parseConfig(source)
  if (!('alerts' in loaded)) throw new Error(loaded.problems.map((one) => problemText('c', one)).join('\n'))
  return { ...loaded.alerts, notes: loaded.notes.map((note) => problemText('c', note)) }
}

function problems(source: string): string[] {
  const loaded = parseConfig(source)
  return 'problems' in loaded ? loaded.problems.map((problem) => problemText('c', problem)) : []
}

test('without the key nobody is told anything', () => {
  expect(settings('services: []')).toEqual({
    outputs: [],
    routes: [],
    quietHours: [],
    maintenance: [],
    link: null,
    retryFor: 24 * HOUR,
    notes: [],
  })
})

test('every key once', () => {
  expect(
    settings(`
services: [{ name: dlp }]
alerts:
  link: https://monitor.example.com
  retryFor: 2d
  outputs:
    - name: ops
      webhook: { url: https://hooks.example.com/holdfast, secret: { env: HOOK_SECRET } }
    - name: siem
      syslog: { host: siem.example.com, tls: true, ca: /etc/ca.pem, facility: local4, enterprise: 50000 }
    - name: plain
      syslog: { host: 10.0.0.1 }
    - name: mail
      email: { host: mail.example.com, user: u, password: { file: /run/smtp }, from: a@example.com, to: b@example.com }
    - { name: chat, slack: { url: { env: SLACK } } }
    - { name: rooms, teams: { url: { file: /run/teams } } }
    - { name: log, file: { path: /var/log/alerts.ndjson, maxSize: 10M } }
  routes:
    - { outputs: [ops, siem], severity: info }
    - { outputs: mail, services: dlp, types: [severed-idle, server-hop], severity: critical, updateEvery: 4h }
  quietHours:
    - { outputs: mail, days: [mon, fri], from: "22:00", to: "6:30", timeZone: Europe/Berlin, criticalPasses: false }
  maintenance:
    - { name: patch day, services: dlp, start: 2026-11-21T20:00:00Z, end: "2026-11-21 22:00+01:00" }
    - { days: sun, from: "02:00", to: "24:00" }
`),
  ).toEqual({
    outputs: [
      {
        name: 'ops',
        target: {
          type: 'webhook',
          url: 'https://hooks.example.com/holdfast',
          secret: { env: 'HOOK_SECRET' },
        },
      },
      {
        name: 'siem',
        target: {
          type: 'syslog',
          host: 'siem.example.com',
          port: 6514,
          isTls: true,
          ca: '/etc/ca.pem',
          facility: 20,
          enterprise: 50_000,
        },
      },
      {
        name: 'plain',
        target: {
          type: 'syslog',
          host: '10.0.0.1',
          port: 601,
          isTls: false,
          ca: null,
          facility: 16,
          enterprise: 32_473,
        },
      },
      {
        name: 'mail',
        target: {
          type: 'email',
          host: 'mail.example.com',
          port: 587,
          security: 'starttls',
          ca: null,
          user: 'u',
          password: { file: '/run/smtp' },
          from: 'a@example.com',
          to: ['b@example.com'],
        },
      },
      { name: 'chat', target: { type: 'slack', url: { env: 'SLACK' } } },
      { name: 'rooms', target: { type: 'teams', url: { file: '/run/teams' } } },
      { name: 'log', target: { type: 'file', path: '/var/log/alerts.ndjson', sizeMax: 10_000_000, keep: 5 } },
    ],
    routes: [
      { outputs: ['ops', 'siem'], services: [], types: [], severity: 'info', updateEvery: HOUR },
      {
        outputs: ['mail'],
        services: ['dlp'],
        types: ['severed-idle', 'server-hop'],
        severity: 'critical',
        updateEvery: 4 * HOUR,
      },
    ],
    quietHours: [
      {
        outputs: ['mail'],
        days: [1, 5],
        from: 1320,
        to: 390,
        timeZone: 'Europe/Berlin',
        criticalPasses: false,
      },
    ],
    maintenance: [
      {
        name: 'patch day',
        services: ['dlp'],
        when: { start: Date.UTC(2026, 10, 21, 20) * 1000, end: Date.UTC(2026, 10, 21, 21) * 1000 },
      },
      { name: 'maintenance', services: [], when: { days: [0], from: 120, to: 0, timeZone: 'UTC' } },
    ],
    link: 'https://monitor.example.com',
    retryFor: 48 * HOUR,
    notes: [],
  })
})

test('without routes what is at least a warning goes everywhere', () => {
  expect(settings('alerts: { outputs: [{ name: a, file: { path: a } }] }').routes).toEqual([
    { outputs: [], services: [], types: [], severity: 'warning', updateEvery: HOUR },
  ])
})

test('what is wrong is told with its line and what was meant', () => {
  expect(
    problems(`
alerts:
  output: []
  outputs:
    - name: ops
      webhook: { ur: https://a, url: ftp://a }
    - { name: ops, file: { path: a, maxSize: 10 } }
    - { name: none }
    - { name: both, file: { path: a }, teams: { url: http://a } }
    - { name: siem, syslog: { host: h, facility: locl0 } }
    - { name: mail, email: { host: h, user: u, from: a, to: b } }
    - { name: secret, slack: { url: { env: A, file: B } } }
    - { name: known, slack: { url: "https://u:p@example.com" } }
  routes:
    - { outputs: [opps], types: [severed-idel] }
  quietHours:
    - { from: "25:00", to: 600, timeZone: Europe/Berln, outputs: mial }
  maintenance:
    - { start: 2026-11-21T20:00:00, from: "01:00", to: "02:00" }
    - { start: 2026-11-21T20:00:00Z, end: 2026-11-21T19:00:00Z }
    - { name: neither }
`),
  ).toEqual([
    'c:3:3: alerts.output is not a key; did you mean outputs?',
    'c:6:18: alerts.outputs[0].webhook.ur is not a key; did you mean url?',
    'c:6:38: alerts.outputs[0].webhook.url must be an http or https address',
    'c:7:15: alerts.outputs[1].name is ops, as outputs[0] is already',
    'c:7:46: alerts.outputs[1].file.maxSize must be a size such as 10M, not a number',
    'c:8:7: alerts.outputs[2] must hold one of webhook, syslog, email, slack, teams, file',
    'c:9:7: alerts.outputs[3] must hold one of webhook, syslog, email, slack, teams, file',
    'c:10:50: alerts.outputs[4].syslog.facility is no facility, such as user, daemon or local0; did you mean local0?',
    'c:11:28: alerts.outputs[5].email must hold both user and password, or neither',
    'c:12:37: alerts.outputs[6].slack.url must hold env or file',
    'c:13:36: alerts.outputs[7].slack.url holds a password; put the whole address into the environment or a file',
    'c:15:19: alerts.routes[0].outputs[0] is opps, which is no output; did you mean ops?',
    'c:15:34: alerts.routes[0].types[0] is no type of incident; did you mean severed-idle?',
    'c:17:15: alerts.quietHours[0].from must be a time of day such as "22:00"',
    'c:17:28: alerts.quietHours[0].to must be a time of day such as "22:00", not a number',
    'c:17:43: alerts.quietHours[0].timeZone is no time zone, such as UTC or Europe/Berlin; did you mean Europe/Berlin?',
    'c:17:66: alerts.quietHours[0].outputs is mial, which is no output; did you mean mail?',
    'c:19:16: alerts.maintenance[0].start has no time zone; add Z for UTC',
    'c:20:43: alerts.maintenance[1].end ends before it begins',
    'c:21:7: alerts.maintenance[2] must hold start and end (once), or from and to (every week)',
  ])
})

test('a service that the file does not describe is worth a word', () => {
  expect(
    settings('services: [{ name: dlp }]\nalerts:\n  routes: [{ services: [dlp, dpl] }]\n  outputs: []').notes,
  ).toEqual([
    'c:3:30: alerts.routes[0].services[1] names a service that this file does not describe; did you mean dlp?',
  ])
})

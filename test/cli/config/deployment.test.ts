import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/cli/config/load.ts'
import { PROFILES } from '../../../src/model/profiles.data.ts'
import { seconds } from '../../../src/model/time.ts'

function serviceOf(keys: string) {
  const loaded = parseConfig(`services: [{ name: x, ${keys} }]`)
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.deployment.services[0]!
}

describe('defaults of the product', () => {
  test('a service without a profile is generic: nothing is assumed but the idle threshold', () => {
    expect(serviceOf('')).toEqual({
      name: 'x',
      profile: 'generic',
      fqdn: null,
      ports: [],
      vips: [],
      connections: null,
      persistence: null,
      persistenceDuration: null,
      idleThreshold: seconds(60),
      serverIdleTimeout: null,
      heartbeat: null,
      checkIn: null,
      isCheckInStated: false,
      servers: [],
      failback: null,
      tlsMode: null,
      enrolment: null,
      web: null,
      smtp: null,
      replicationPorts: [],
      wakeUp: null,
      identity: [],
    })
  })

  test.each([
    [
      'symantec-dlp',
      {
        ports: [8000],
        connections: 'persistent',
        persistence: 'sticky',
        serverIdleTimeout: null,
        checkIn: null,
      },
    ],
    [
      'symantec-dlp-12.5',
      {
        ports: [10443, 443],
        connections: 'polling',
        serverIdleTimeout: seconds(30),
        checkIn: seconds(900),
        persistenceDuration: seconds(86_400),
      },
    ],
    [
      'symantec-sepm',
      {
        ports: [8014, 443, 80],
        persistence: 'failover',
        checkIn: seconds(300),
        failback: { expected: true, delay: seconds(86_400) },
      },
    ],
    [
      'symantec-sems',
      { ports: [443], connections: 'web', enrolment: { paths: [], singleSetCookie: true, cookie: null } },
    ],
    [
      'mcafee-epo',
      {
        ports: [443, 80],
        persistence: 'random',
        checkIn: seconds(3_600),
        identity: [{ kind: 'url-parameter', name: 'AgentGuid' }],
      },
    ],
  ])('%s', (profile, expected) => {
    expect(serviceOf(`profile: ${profile}`)).toMatchObject({ ...expected, idleThreshold: seconds(60) })
  })
})

describe('what the operator wrote stands', () => {
  test.each([
    ['ports: [9443]', { ports: [9443] }],
    ['ports: []', { ports: [] }],
    ['connections: persistent', { connections: 'persistent' }],
    ['idleThreshold: 10s', { idleThreshold: seconds(10) }],
    ['serverIdleTimeout: 45s', { serverIdleTimeout: seconds(45) }],
    ['checkIn: 5m', { checkIn: seconds(300) }],
    ['persistence: none', { persistence: 'none' }],
    ['persistenceDuration: 1h', { persistenceDuration: seconds(3_600) }],
    ['identity: []', { identity: [] }],
    ['identity: [{ cookie: agent }]', { identity: [{ kind: 'cookie', name: 'agent' }] }],
    ['failback: { expected: false }', { failback: { expected: false, delay: seconds(3_600) } }],
    ['failback: { delay: 5m }', { failback: { expected: true, delay: seconds(300) } }],
  ])('%s over the profile', (keys, expected) => {
    expect(serviceOf(`profile: symantec-dlp-12.5, ${keys}`)).toMatchObject(expected)
  })

  test('a second Set-Cookie may be allowed', () => {
    expect(
      serviceOf('profile: symantec-sems, enrolment: { singleSetCookie: false, cookie: ovidCookie }')
        .enrolment,
    ).toEqual({
      paths: [],
      singleSetCookie: false,
      cookie: 'ovidCookie',
    })
  })
})

describe('idle close and heartbeat exclude each other', () => {
  test('a server that closes idle connections sends no heartbeat', () => {
    expect(serviceOf('profile: symantec-dlp-12.5')).toMatchObject({
      serverIdleTimeout: seconds(30),
      heartbeat: null,
    })
  })

  test('0s is never, and then the profile heartbeat counts', () => {
    expect(serviceOf('profile: symantec-dlp-12.5, serverIdleTimeout: 0s')).toMatchObject({
      serverIdleTimeout: null,
      heartbeat: seconds(270),
    })
  })

  test('a written heartbeat stands with either', () => {
    expect(serviceOf('profile: symantec-dlp-12.5, heartbeat: 20s')).toMatchObject({
      serverIdleTimeout: seconds(30),
      heartbeat: seconds(20),
    })
  })
})

test('every profile states the idle threshold and a usable port list', () => {
  for (const [name, profile] of Object.entries(PROFILES)) {
    expect(profile.idleThreshold, name).toBe(seconds(60))
    expect(profile.ports.length > 0, name).toBe(name !== 'generic')
  }
})

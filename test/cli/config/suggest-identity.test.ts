import { describe, expect, test } from 'vitest'
import { identitySurvey } from '../../../src/cli/config/suggest-identity.ts'
import type { HeaderLine, HttpRequest } from '../../../src/model/http.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'

const SERVER = { address: '10.0.1.1', port: 80 }

/** What agent `n` sends on one of its connections. */
type Said = (n: number) => { readonly target?: string; readonly headers?: readonly HeaderLine[] }

const AGENTS = 5
const CONNECTIONS = 2

/** What is found where so many agents open two connections each, with three requests on each. */
function found(said: Said, agents = AGENTS) {
  const survey = identitySurvey()
  for (let connection = 0; connection < agents * CONNECTIONS; connection++) {
    const n = connection % agents
    const originator = { address: `10.1.${n >> 8}.${n & 255}`, port: 50_000 }
    const sighting = { tap: '', responder: SERVER, originator, connection } as TrackedSighting
    const request = { target: '/', headers: [], ...said(n) } as unknown as HttpRequest
    for (let i = 0; i < 3; i++) survey.request(sighting, request)
  }
  return survey
    .candidates(new Set(['10.0.1.1:80']), new Set())
    .map(({ key, name, agents: named, isStrong }) => [key, name, named, isStrong])
}

const header = (name: string, value: string): HeaderLine => ({ name, value })

describe('agents are told apart', () => {
  test('by a header field, however its name is written', () => {
    const written = (n: number): string => (n % 2 === 0 ? 'X-Agent-Id' : 'x-agent-id')
    expect(found((n) => ({ headers: [header(written(n), `EPA-${n}`)] }))).toEqual([
      ['httpHeader', 'X-Agent-Id', AGENTS, true],
    ])
  })

  test.each([
    ['agent=EPA-', 'agent'],
    ['v=1&agent=EPA-', 'agent'],
    ['flag&agent=EPA%2D', 'agent'],
    ['agent+id=EPA%2D', null], // cannot stand in a configuration
    ['agent%5Fid=EPA+', 'agent_id'],
  ])('by a parameter: ?%s', (query, name) => {
    const expected = name === null ? [] : [['urlParameter', name, AGENTS, true]]
    expect(found((n) => ({ target: `/poll?${query}${n}` }))).toEqual(expected)
  })

  test('by a cookie that holds no session', () => {
    const pairs = (n: number): string => `JSESSIONID=${n}${n}${n}${n}; device=EPA-${n}; =none`
    expect(found((n) => ({ headers: [header('Cookie', pairs(n))] }))).toEqual([
      ['cookie', 'device', AGENTS, true],
    ])
  })
})

describe('nobody is told apart', () => {
  test.each(['Host', 'User-Agent', 'X-Forwarded-For', 'X-CSRF-Token'])('by %s', (name) => {
    expect(found((n) => ({ headers: [header(name, `value-${n}`)] }))).toEqual([])
  })

  test('by what is too short, or says the same for all', () => {
    expect(found((n) => ({ headers: [header('X-Id', `${n}`), header('X-Site', 'headquarters')] }))).toEqual(
      [],
    )
  })

  test('by what has more values than are kept', () => {
    expect(found((n) => ({ headers: [header('X-Agent-Id', `EPA-${n}`)] }), 2048)).toHaveLength(1)
    expect(found((n) => ({ headers: [header('X-Agent-Id', `EPA-${n}`)] }), 2049)).toEqual([])
  })
})

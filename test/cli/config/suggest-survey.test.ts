import { expect, test } from 'vitest'
import { survey } from '../../../src/cli/config/suggest-survey.ts'
import type { HttpRequest } from '../../../src/model/http.ts'
import type { HttpRequestSeen } from '../../../src/model/observation.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'

const AGENTS = 3

/** A survey of the connections of so many agents with so many requests each, and which of an agent's it took
 * apart. */
function ofRequests(count: number, valueOf: (agent: number, n: number) => string) {
  const surveyor = survey()
  const takenApart = Array.from({ length: AGENTS }, (): number[] => [])
  for (let agent = 0; agent < AGENTS; agent++) {
    for (let requests = 1; requests <= count; requests++) {
      const sighting = {
        tap: '',
        connection: agent,
        leg: 'direct',
        originator: { address: `10.1.0.${agent}`, port: 50_000 },
        responder: { address: '10.0.1.1', port: 80 },
        service: { name: 'port 80', profile: 'generic' },
        tls: null,
        requests,
      } as unknown as TrackedSighting
      const request = requestWith(valueOf(agent, requests), () => takenApart[agent]!.push(requests))
      const seen = { kind: 'http-request', requestFrom: 0, request } as HttpRequestSeen
      surveyor.observe!['http-request']!(seen, sighting)
    }
  }
  return { facts: surveyor.facts(), takenApart }
}

function requestWith(value: string, isTakenApart: () => void): HttpRequest {
  const headers = [
    { name: 'Host', value: 'dlp.example.com' },
    { name: 'X-Value', value },
  ]
  const request = {
    target: '/',
    get headers() {
      isTakenApart()
      return headers
    },
    header: (name: string) => headers.find((line) => line.name.toLowerCase() === name)?.value ?? null,
  }
  return request as unknown as HttpRequest
}

const LISTENERS = new Set(['10.0.1.1:80'])

test('of the requests of a connection few are taken apart, and its host counts once', () => {
  const { facts, takenApart } = ofRequests(100, (agent) => `EPA-${agent}`)
  for (const those of takenApart) expect(those).toEqual([1, 2, 4, 8, 16, 32, 64])
  expect(facts.listeners.get('10.0.1.1:80')?.names.get('dlp.example.com')).toEqual(
    new Map([['Host', AGENTS]]),
  )
  expect(facts.identity.candidates(LISTENERS, new Set())).toMatchObject([{ name: 'X-Value', agents: AGENTS }])
})

test('what changes with each request names nobody', () => {
  const { facts } = ofRequests(100, (agent, n) => `EPA-${agent}-${n}`)
  expect(facts.identity.candidates(LISTENERS, new Set())).toEqual([])
})

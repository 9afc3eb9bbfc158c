import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../../../src/model/http.ts'
import {
  identityForwarded,
  identityInCertificate,
  identityInOpening,
  identityInRequest,
} from '../../../src/sessions/agents/identity.ts'
import { forwardedOf } from '../../../src/protocols/http/forwarded.ts'
import { Parties } from '../parties.ts'

const serviceWith = (identity: unknown, profile = 'generic') =>
  new Parties({ services: [{ name: 's', profile, ports: [443], identity }] }).sighting().service
const unknown = new Parties().sighting().service

const asks = (target: string, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'GET',
  target,
  version: '1.1',
  headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
  time: 0,
  packet: 1,
  bodyBytes: 0,
})

describe('in a request', () => {
  const rules = serviceWith([{ httpHeader: 'X-Agent-Id' }, { urlParameter: 'hk' }, { cookie: 'agent' }])

  test.each<[string, HttpRequest, string | null]>([
    ['a header, whatever its case', asks('/', { 'x-agent-ID': 'A1' }), 'A1 http-header 0.99'],
    ['an empty header says nothing', asks('/', { 'X-Agent-Id': '' }), null],
    ['a parameter, whatever its case, decoded', asks('/x?a=1&HK=%7BA1%7D'), '{A1} url-parameter 0.99'],
    ['a parameter whose name is encoded', asks('/x?%68k=A1'), 'A1 url-parameter 0.99'],
    ['a parameter of another name', asks('/x?hkx=A1'), null],
    ['no query at all', asks('/hk=A1'), null],
    ['a cookie among others', asks('/', { Cookie: 'x=1; agent=A1; agents=2' }), 'A1 cookie 0.9'],
    ['a cookie of another case is another cookie', asks('/', { Cookie: 'Agent=A1' }), null],
    ['a cookie without a value', asks('/', { Cookie: 'agent' }), null],
    ['the first rule that matches', asks('/?hk=A2', { 'X-Agent-Id': 'A1' }), 'A1 http-header 0.99'],
    ['what is too long is no name', asks('/', { 'X-Agent-Id': 'A'.repeat(257) }), null],
    [
      'as long as a name may be',
      asks('/', { 'X-Agent-Id': 'A'.repeat(256) }),
      `${'A'.repeat(256)} http-header 0.99`,
    ],
  ])('%s', (_what, request, expected) => {
    const claim = identityInRequest(request, rules)
    expect(claim === null ? null : `${claim.id} ${claim.by} ${claim.confidence}`).toBe(expected)
  })

  test('ePO agents are known without rules; rules replace that', () => {
    const request = asks('/spipe/pkg?AgentGuid={G}&Source=Agent_3.0.0')
    expect(identityInRequest(request, unknown)).toEqual({ id: '{G}', by: 'url-parameter', confidence: 0.99 })
    expect(identityInRequest(request, rules)).toBe(null)
  })
})

describe('in the first octets', () => {
  const rules = serviceWith([{ payloadPattern: '"agent": ?"([^"]+)"' }])

  test.each([
    ['DLPX\x01{"agent":"EPA-17","seq":1}', 'EPA-17'],
    ['DLPX\x01{"agent":"","seq":1}', null],
    ['GET / HTTP/1.1', null],
  ])('%j: %s', (text, id) => {
    expect(identityInOpening(text, rules)).toEqual(
      id === null ? null : { id, by: 'payload-pattern', confidence: 0.95 },
    )
  })

  test('nothing is guessed without a pattern', () => {
    expect(identityInOpening('"agent":"EPA-17"', unknown)).toBe(null)
  })
})

describe('in a client certificate', () => {
  const claim = { id: 'CN=a1', by: 'client-certificate', confidence: 0.99 }

  test.each([
    ['stated by a rule', serviceWith([{ clientCertificate: 'subject' }]), claim],
    ['of a product whose agents share one', serviceWith(undefined, 'symantec-dlp-12.5'), null],
    [
      '... known by its port',
      new Parties().sighting({ to: { address: '192.0.2.1', port: 10_443 } }).service,
      null,
    ],
    [
      "of such a product, with certificates of one's own",
      serviceWith([{ clientCertificate: 'subject' }], 'symantec-dlp-12.5'),
      claim,
    ],
    ['of a service that nobody configured', unknown, claim],
    ['of one whose rules say otherwise', serviceWith([{ httpHeader: 'X' }]), null],
  ])('%s', (_what, service, expected) => expect(identityInCertificate('CN=a1', service)).toEqual(expected))

  test('an empty subject is no name', () => expect(identityInCertificate('', unknown)).toBe(null))
})

describe('forwarded by a relay', () => {
  const parties = new Parties({
    devices: [{ role: 'load-balancer', addresses: ['10.10.3.1', '10.10.2.2'] }],
    agents: [{ id: 'PC-7', addresses: ['10.10.1.107'] }],
  })
  const named = (
    headers: Record<string, string>,
    leg: 'back' | 'direct' = 'back',
    at = parties,
  ): string | null => {
    const request = asks('/', headers)
    const forwarding = { ...request, forwarded: forwardedOf(request.headers) }
    const claim = identityForwarded(at.sighting({ leg }), forwarding, at.inventory)
    return claim === null ? null : `${claim.id} ${claim.by} ${claim.confidence}`
  }

  test.each<[string, Record<string, string>, string | null]>([
    ['whom it was asked by', { 'X-Forwarded-For': '10.10.1.101' }, '10.10.1.101 forwarded-header 0.6'],
    [
      'the last one: what stands before it the client may have made up',
      { 'X-Forwarded-For': '192.0.2.9, 10.10.1.101' },
      '10.10.1.101 forwarded-header 0.6',
    ],
    [
      'whom another relay was asked by',
      { 'X-Forwarded-For': '10.10.1.101, 10.10.2.2' },
      '10.10.1.101 forwarded-header 0.6',
    ],
    ['by the standard', { Forwarded: 'for="[2001:db8::7]:4711"' }, '2001:db8::7 forwarded-header 0.6'],
    ['in a line for one', { 'X-Real-IP': '10.10.1.101' }, '10.10.1.101 forwarded-header 0.6'],
    ['who is in the inventory', { 'X-Forwarded-For': '10.10.1.107' }, 'PC-7 forwarded-header 0.6'],
    ['nobody, if it hides them', { Forwarded: 'for=_hidden' }, null],
    ['nobody, if it says nothing', {}, null],
  ])('%s', (_what, headers, expected) => {
    expect(named(headers)).toBe(expected)
  })

  test('whoever connects himself can claim what he likes', () => {
    expect(named({ 'X-Forwarded-For': '10.10.1.101' }, 'direct')).toBe(null)
  })

  test('where rules name the agents, they alone do', () => {
    const ruled = new Parties({
      services: [{ name: 's', ports: [443], identity: [{ httpHeader: 'X-Agent-Id' }] }],
    })
    expect(named({ 'X-Forwarded-For': '10.10.1.101' }, 'back', ruled)).toBe(null)
  })
})

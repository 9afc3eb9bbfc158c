/** What management products say inside HTTP, told beside it, from the octets on. */
import { describe, expect, test } from 'vitest'
import type { HttpBody } from '../../src/model/http.ts'
import type { HttpBodySeen, Observation, ObservationOf } from '../../src/model/observation.ts'
import { agentObservation } from '../../src/protocols/agent-messages.ts'
import { openStream } from '../../src/protocols/dispatch.ts'
import { client, fin, server, tell } from './story.ts'
import type { Event } from './story.ts'

const GUID = '{5E2C8F3A-0B1D-4C6E-9F70-112233445566}'
const CHECK_IN = `POST /spipe/pkg?AgentGuid=${GUID}&Source=Agent_3.0.0 HTTP/1.0\r\nContent-Length: 2\r\n\r\n\xfa\xe5`

const play = (...events: Event[]): readonly Observation[] => tell(openStream, events).observations
const kinds = (observations: readonly Observation[]): string[] =>
  observations.map(({ kind }) => kind).filter((kind) => kind !== 'opening' && kind !== 'http-body')
const of = <K extends Observation['kind']>(observations: readonly Observation[], kind: K) =>
  observations.filter((o): o is ObservationOf<K> => o.kind === kind)

describe('a check-in of ePO', () => {
  const told = play(client(CHECK_IN), server('HTTP/1.0 202 OK\r\nContent-Length: 0\r\n\r\n'))

  test('is told before what carries it', () => {
    expect(kinds(told)).toEqual(['agent-request', 'http-request', 'agent-answer', 'http-transaction'])
  })

  test('with who asks for what, and what came of it', () => {
    const [request] = of(told, 'agent-request')
    const [answer] = of(told, 'agent-answer')
    expect(request).toMatchObject({
      packet: 1,
      requestFrom: 0,
      index: 0,
      decrypted: false,
      message: { protocol: 'spipe', purpose: 'check-in', agentId: GUID, source: 'Agent_3.0.0' },
    })
    const [carrier] = of(told, 'http-transaction')
    expect(answer).toEqual({
      kind: 'agent-answer',
      time: carrier!.time,
      tap: carrier!.tap,
      connection: carrier!.connection,
      packet: 2,
      requestFrom: 0,
      message: request!.message,
      requestPacket: 1,
      requested: 1000,
      outcome: 'nothing',
      status: 202,
      index: 0,
      decrypted: false,
    })
  })
})

test('an agent that nobody answers', () => {
  const told = play(client(CHECK_IN), fin(1))
  expect(of(told, 'agent-answer')).toMatchObject([{ outcome: 'unanswered', status: null, packet: 1 }])
})

test('a heartbeat of SEP, refused for its key', () => {
  const told = play(
    client('POST /secars/secars.dll?h=0A1B HTTP/1.0\r\nUser-Agent: Smc\r\n\r\n'),
    server('HTTP/1.0 400 Bad Request\r\n\r\n'),
  )
  expect(of(told, 'agent-answer')).toMatchObject([
    { message: { protocol: 'sepm', purpose: 'check-in', obfuscated: true }, outcome: 'refused', status: 400 },
  ])
})

test.each(['/index2.dat', '/group/index2.dat'])('the index of policies: %s', (target) => {
  const [told] = of(play(client(`GET ${target} HTTP/1.1\r\nUser-Agent: Smc\r\n\r\n`)), 'agent-request')
  expect(told?.message).toMatchObject({ protocol: 'sepm', purpose: 'content' })
})

test.each(['/', '*', '', '/start', '/Content', '/images/x', 'http://a/spipe/pkg'])(
  '%j is nobody’s',
  (target) => {
    const told = play(
      client(`GET ${target} HTTP/1.1\r\nUser-Agent: Smc\r\n\r\n`),
      server('HTTP/1.1 200 OK\r\n\r\n'),
    )
    expect(kinds(told).filter((kind) => kind.startsWith('agent'))).toEqual([])
  },
)

describe('a package', () => {
  const octets = (masked: boolean, guid = GUID): string => {
    const bytes = Buffer.alloc(234)
    bytes.write('PO', 0, 'latin1')
    bytes.writeUInt32BE(0x01000050, 2)
    bytes.write(guid, 22, 'latin1')
    bytes.write('WS-0042', 154, 'latin1')
    return Buffer.from(bytes.map((octet) => (masked ? octet ^ 0xaa : octet))).toString('latin1')
  }
  const seen = (excerpt: string | null): HttpBodySeen => ({
    kind: 'http-body',
    time: 5,
    tap: 'client',
    connection: 1,
    from: 0,
    of: 'request',
    index: 3,
    body: { excerpt } as HttpBody,
    trailers: [],
    ambiguities: [],
    packet: 9,
    decrypted: true,
  })

  test.each([
    ['masked, with a name', octets(true), GUID],
    ['masked, without a name', octets(true, ''), null],
    ['in clear', octets(false), GUID],
  ])('%s', (_what, excerpt, agentGuid) => {
    expect(agentObservation(seen(excerpt), 80)).toEqual({
      kind: 'agent-package',
      time: 5,
      tap: 'client',
      connection: 1,
      from: 0,
      of: 'request',
      packet: 9,
      index: 3,
      decrypted: true,
      package: {
        type: '01000050',
        headerBytes: 0,
        dataBytes: 0,
        agentGuid,
        computerName: 'WS-0042',
        masked: excerpt[0] === '\xfa',
      },
    })
  })

  test.each([
    ['nothing', null],
    ['a text', `POLICY ${'x'.repeat(300)}`],
    ['one in clear that names nobody', octets(false, '')],
    ['one that breaks off', octets(true).slice(0, 100)],
  ])('%s is none', (_what, excerpt) => expect(agentObservation(seen(excerpt), 80)).toBeNull())
})

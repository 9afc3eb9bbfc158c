import { describe, expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { CONTINUE, DETACH } from '../../../src/model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../../src/model/stream.ts'
import { LINE_BYTES_MAX } from '../../../src/protocols/smtp/line-reader.ts'
import { openSmtp, STRANGE_LINES_MAX } from '../../../src/protocols/smtp/parser.ts'
import { PENDING_MAX } from '../../../src/protocols/smtp/pending.ts'
import { EXTENSIONS_MAX } from '../../../src/protocols/smtp/session.ts'
import { runParserCases } from '../parser.case.ts'
import { client, fin, lost, server, tell } from '../story.ts'
import type { Event, Told } from '../story.ts'

/** What was handed on to whoever reads TLS. */
interface Inside {
  readonly got: [number, string][]
}
const insideOf = (inside: Inside): StreamConsumer => ({
  data: (side, bytes, start, end) => {
    inside.got.push([side, Buffer.from(bytes.subarray(start, end)).toString('latin1')])
    return CONTINUE
  },
  gap: () => CONTINUE,
  end: () => {},
  close: () => {},
})

const opening =
  (inside: Inside, more: Partial<StreamContext> = {}, decrypted = false) =>
  (context: StreamContext) =>
    openSmtp({ ...context, ...more }, () => insideOf(inside), decrypted)
const open = opening({ got: [] })
const play = (...events: Event[]): Told => tell(opening({ got: [] }, { fromStart: true }), events)

const replies = (observations: readonly Observation[]) =>
  observations.filter((o): o is ObservationOf<'smtp-reply'> => o.kind === 'smtp-reply')
const pairs = ({ observations }: Told): [number, string | null][] =>
  replies(observations).map(({ code, command }) => [code, command])
const session = ({ observations }: Told): ObservationOf<'smtp-session'> | undefined =>
  observations.find((o): o is ObservationOf<'smtp-session'> => o.kind === 'smtp-session')

const GREETING = server('220-mx.example ESMTP\r\n220 ready\r\n')
const EHLO = [
  client('EHLO agent.example\r\n'),
  server('250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 STARTTLS\r\n'),
]
const MAIL = 'Subject: x\r\n\r\n..\r\n.x\r\n. \r\nEHLO no\r\n'

runParserCases('smtp', {
  open,
  story: [
    GREETING,
    ...EHLO,
    client('MAIL FROM:<a@agent.example> SIZE=3\r\nRCPT TO:<b@c.example>\r\nDATA\r\n'),
    server('250 2.1.0 ok\r\n450 4.2.1 busy\r\n354 go\r\n'),
    client(`${MAIL}.\r\nRSET\r\n`),
    server('250 2.0.0 queued\r\n250 reset\r\n'),
    client('AUTH LOGIN\r\n'),
    server('334 VXNlcm5hbWU6\r\n'),
    client('c2VjcmV0\r\n'),
    server('535 5.7.8 no\r\n'),
    client('BDAT 7\r\nQUIT\r\n\r'),
    server('250 taken\r\n'),
    client('BDAT 3 LAST\r\nx\r\nQUIT\r\n'),
    server('250 taken\r\n221 2.0.0 bye\r\n'),
  ],
  claims: (o) =>
    o.kind === 'smtp-reply'
      ? [`${o.code} ${o.enhanced} ${o.command ?? 'null'}`, `${o.code} ${o.enhanced} null`]
      : [],
  held: { of: (consumer) => (consumer as ReturnType<typeof open>).heldBytes, max: 2 * LINE_BYTES_MAX },
  expect: (observations) => {
    expect(replies(observations).map((o) => [o.code, o.enhanced, o.lines, o.command, o.argument])).toEqual([
      [220, null, 2, 'banner', null],
      [250, null, 4, 'EHLO', 'agent.example'],
      [250, '2.1.0', 1, 'MAIL', 'a@agent.example'],
      [450, '4.2.1', 1, 'RCPT', 'b@c.example'],
      [354, null, 1, 'DATA', null],
      [250, '2.0.0', 1, 'message', null],
      [250, null, 1, 'RSET', null],
      [334, null, 1, 'AUTH', null],
      [535, '5.7.8', 1, 'AUTH', null],
      [250, null, 1, 'BDAT', null],
      [250, null, 1, 'BDAT', null],
      [221, '2.0.0', 1, 'QUIT', null],
    ])
    expect(JSON.stringify(observations)).not.toMatch(/c2VjcmV0|VXNlcm5hbWU6/)
    expect(observations.at(-1)).toMatchObject({
      kind: 'smtp-session',
      server: 1,
      greeting: 220,
      hello: 'agent.example',
      extensions: ['PIPELINING', 'SIZE', 'STARTTLS'],
      startTls: 'offered',
      maskedPacket: null,
      messages: 2,
      refusals: 2,
      lastCode: 221,
      unanswered: null,
      quit: true,
    })
  },
})

describe('what is told of a reply', () => {
  test('all of it', () => {
    const { observations } = play(GREETING, client('MAIL FROM: <a@b>\r\n'), server('451 4.3.2 later\r\n'))
    expect(observations[1]).toEqual({
      kind: 'smtp-reply',
      time: 3000,
      tap: '',
      connection: 1,
      from: 1,
      packet: 3,
      code: 451,
      enhanced: '4.3.2',
      text: '4.3.2 later',
      lines: 1,
      command: 'MAIL',
      argument: 'a@b',
      commandPacket: 2,
      latency: 1000,
      decrypted: false,
    })
  })

  test('an enhanced code of another class is none; lines that end with LF alone are lines', () => {
    const { observations } = play(server('220 a\n'), client('NOOP\n'), server('250 5.1.1 x\n'))
    expect(replies(observations).map((o) => [o.code, o.enhanced])).toEqual([
      [220, null],
      [250, null],
    ])
  })
})

describe('greetings', () => {
  test.each([
    ['a refusal', '421 4.3.2 next hop unreachable\r\n', 421],
    ['a refusal for good', '554 no\r\n', 554],
    ['one that does not say SMTP', '220 hello\r\n', 220],
  ])('%s', (_what, line, code) => expect(pairs(play(server(line), fin(1)))).toEqual([[code, 'banner']]))

  test('a client that does not wait for one', () => {
    const told = play(client('EHLO a\r\n'), server('220 b\r\n'), server('250 b\r\n'))
    expect(pairs(told)).toEqual([
      [220, 'banner'],
      [250, 'EHLO'],
    ])
  })

  test('none, and the client waits: the session tells it', () => {
    expect(session(play(client('EHLO a\r\n'), fin(0)))).toMatchObject({
      greeting: null,
      lastCode: null,
      unanswered: { command: 'EHLO', packet: 1, at: 1000 },
    })
  })

  test('of a capture that began late, only what says SMTP', () => {
    const late = (line: string): unknown => pairs(tell(open, [server(line)]))
    expect(late('220 mx ESMTP\r\n')).toEqual([[220, 'banner']])
    expect(late('220 2.0.0 Ready\r\n')).toEqual([[220, null]])
    expect(late('421 4.4.2 timeout\r\n')).toEqual([[421, null]])
  })

  test('the session is told when both sides have ended, not when the capture has', () => {
    const told = play(GREETING, client('QUIT\r\n'), server('221 b\r\n'), fin(1), fin(0))
    expect(session(told)?.time).toBe(5000)
    expect(session(play(GREETING, fin(1)))?.time).toBe(1_000_000)
  })

  test('a server that gives up unasked', () => {
    expect(pairs(play(server('220 a\r\n'), server('421 4.4.2 timeout exceeded\r\n')))).toEqual([
      [220, 'banner'],
      [421, null],
    ])
  })
})

describe('a device that writes over lines', () => {
  test.each([
    ['the greeting', [server('220 **************0*2******0\r\n')], 1],
    ['a keyword', [GREETING, client('EHLO a\r\n'), server('250-b\r\n250-XXXXXXXA\r\n250 SIZE\r\n')], 3],
    ['a command', [GREETING, client('XXXXXXXX\r\n'), server('500 what\r\n')], 2],
    ['none', [GREETING, ...EHLO], null],
  ])('%s', (_what, events, packet) => expect(session(play(...events))?.maskedPacket).toBe(packet))
})

describe('STARTTLS', () => {
  const hello = '\x16\x03\x01rest'
  const start = [GREETING, client('STARTTLS\r\n')]
  const run = (...events: Event[]): [Told, Inside] => {
    const inside: Inside = { got: [] }
    return [tell(opening(inside, { fromStart: true }), events), inside]
  }

  test('hands the stream on, and the session so far is told', () => {
    const [told, { got }] = run(...start, server('220 go\r\n'), client(hello), server('\x16\x03\x03'))
    expect(got).toEqual([
      [0, hello],
      [1, '\x16\x03\x03'],
    ])
    expect(pairs(told)).toEqual([
      [220, 'banner'],
      [220, 'STARTTLS'],
    ])
    expect(session(told)).toMatchObject({ startTls: 'started', unanswered: null })
  })

  test('also where its answer was not captured', () => {
    const [, { got }] = run(...start, lost(1, 8), client(hello))
    expect(got).toEqual([[0, hello]])
  })

  test('refused: the session goes on in clear', () => {
    const [told, { got }] = run(...start, server('454 4.7.0 no\r\n'), client('QUIT\r\n'), server('221 b\r\n'))
    expect(got).toEqual([])
    expect(pairs(told).at(-1)).toEqual([221, 'QUIT'])
    expect(session(told)).toMatchObject({ startTls: 'refused', refusals: 1 })
  })

  test('a session inside TLS begins without a greeting', () => {
    const inside = tell(opening({ got: [] }, { fromStart: true }, true), [...EHLO])
    expect(replies(inside.observations)).toMatchObject([{ code: 250, command: 'EHLO', decrypted: true }])
  })
})

describe('mail data', () => {
  const before = [GREETING, client('DATA\r\n'), server('354 go\r\n')]

  test('is passed over, whatever it says; an end with LF alone is none', () => {
    const told = play(...before, client('QUIT\r\n\n.\nQUIT\n.\r\nx\r\n.\r\n'), server('250 ok\r\n'))
    expect(pairs(told).at(-1)).toEqual([250, 'message'])
    expect(told.counted).toEqual(['smtp-bare-line-feed'])
    expect(session(told)).toMatchObject({ messages: 1, quit: false, unanswered: null })
  })

  test('may be empty', () => {
    expect(pairs(play(...before, client('.\r\n'), server('550 5.6.0 no\r\n'))).at(-1)).toEqual([
      550,
      'message',
    ])
  })

  test('whose end is missing ends with the reply', () => {
    const told = play(...before, client('a\r\n'), lost(0, 9), server('250 ok\r\n'), client('QUIT\r\n'))
    expect(session(told)).toMatchObject({ messages: 1, quit: true })
  })

  test('is not there if it was refused', () => {
    const told = play(
      GREETING,
      client('DATA\r\n'),
      server('554 no\r\n'),
      client('QUIT\r\n'),
      server('221 b\r\n'),
    )
    expect(pairs(told)).toEqual([
      [220, 'banner'],
      [554, 'DATA'],
      [221, 'QUIT'],
    ])
  })

  test('in chunks is not asked for', () => {
    const { answers } = play(GREETING, client('BDAT 1000000\r\nabc'), client('QUIT\r\n'))
    expect(answers[1]).toBe(1_000_000 - 3)
  })
})

describe('gaps', () => {
  test('pairing begins anew behind a command that ends a group', () => {
    const told = play(
      GREETING,
      client('MAIL FROM:<a>\r\n'),
      lost(0, 10),
      client('\r\nRCPT TO:<b>\r\n'),
      server('250 ok\r\n250 ok\r\n'),
      client('NOOP\r\n'),
      server('250 ok\r\n'),
      client('RSET\r\n'),
      server('250 ok\r\n'),
    )
    expect(pairs(told).map(([, command]) => command)).toEqual(['banner', null, null, null, 'RSET'])
  })
})

describe('limits', () => {
  test('a line is cut', () => {
    const told = play(GREETING, client(`EHLO ${'x'.repeat(5000)}\r\n`), server('250 a\r\n'))
    expect(session(told)?.hello).toHaveLength(256)
    expect(pairs(told).at(-1)).toEqual([250, 'EHLO'])
  })

  test('commands that wait', () => {
    const told = play(GREETING, client('RSET\r\n'.repeat(PENDING_MAX + 1)), server('250 ok\r\n'))
    expect(told.counted).toEqual(['smtp-pairing-lost'])
    expect(pairs(told).at(-1)).toEqual([250, null])
  })

  test('keywords', () => {
    const many = Array.from({ length: 200 }, (_, i) => `250-K${i}\r\n`).join('')
    const told = play(GREETING, client('EHLO a\r\n'), server(`250-a\r\n${many}250 z\r\n`))
    expect(session(told)?.extensions).toHaveLength(EXTENSIONS_MAX)
  })

  test('what is not SMTP is left', () => {
    const told = play(server('220 x\r\n'), client('what\r\n'.repeat(STRANGE_LINES_MAX + 1)))
    expect(told.answers).toEqual([CONTINUE, DETACH])
    expect(told.counted).toEqual(['smtp-not-understood'])
    expect(session(told)).toBeDefined()
  })
})

import { type AddressInfo, createServer } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { expect, onTestFinished, test } from 'vitest'
import { email } from '../../../src/alerts/outputs/email.ts'
import type { EmailSettings } from '../../../src/alerts/settings.ts'
import { HOSTILE, KEY, NEVER, RECORD, SHIPMENT, WORLD } from '../record.ts'
import { certificate } from './peers.ts'

interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly text: string
}

async function mailServer(options: SMTPServerOptions): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    onData(stream, { envelope }, done) {
      let text = ''
      stream.setEncoding('utf8')
      stream.on('data', (part: string) => (text += part))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text,
        })
        done(null, 'queued as 7')
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.close())
  return { port: (server.server.address() as AddressInfo).port, mails }
}

const settings: EmailSettings = {
  type: 'email',
  host: 'localhost',
  port: 0,
  security: 'none',
  ca: null,
  user: null,
  password: null,
  from: 'holdfast@example.com',
  to: ['ops@example.com', 'duty@example.com'],
}
const header = (text: string, name: string): string | undefined =>
  new RegExp(String.raw`^${name}: (.*(?:\r\n[ \t].*)*)`, 'm').exec(text)?.[1]?.replaceAll(/\r\n[ \t]+/g, ' ')

test('with STARTTLS and a login: one thread for each incident, one Message-ID for each alert', async () => {
  const own = certificate()
  const { port, mails } = await mailServer({
    key: own.key,
    cert: own.cert,
    onAuth: ({ username, password }, _session, done) =>
      username === 'holdfast' && password === 's3cret'
        ? done(null, { user: username })
        : done(new Error('no')),
  })
  const output = email(
    { ...settings, port, security: 'starttls', ca: own.path, user: 'holdfast', password: { env: 'SMTP' } },
    { ...WORLD, environment: { SMTP: 's3cret' } },
  )
  expect(output.target).toBe(`ops@example.com, duty@example.com through localhost:${port}`)
  expect(await output.deliver(SHIPMENT, NEVER)).toEqual({ isDelivered: true, answer: '250 queued as 7' })
  const [{ from, to, text }] = mails as [Mail]
  expect({ from, to }).toEqual({ from: settings.from, to: settings.to })
  expect(header(text, 'Subject')).toBe(
    '[Holdfast critical] dlp-endpoint: The load balancer 10.10.2.10 cut 18 idle agents after 300 s.',
  )
  expect(header(text, 'Message-ID')).toBe(`<${KEY}@holdfast.invalid>`)
  expect(header(text, 'References')).toBe('<HF-2041.incident@holdfast.invalid>')
  expect(header(text, 'Auto-Submitted')).toBe('auto-generated')
  expect(text).toContain('\r\n\r\nDo: On lb1, raise the idle timeout from 300 s to at least 86,400 s.\r\n')
  expect(text).toContain('\r\nOccurrences: 18\r\n')
})

test('a wrong password is tried again; a no for good is final', async () => {
  const login = await mailServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: (_a, _s, done) => done(new Error('no')),
  })
  const withLogin = { ...settings, port: login.port, user: 'u', password: { env: 'P' } } as const
  expect(
    await email(withLogin, { ...WORLD, environment: { P: 'x' } }).deliver(SHIPMENT, NEVER),
  ).toMatchObject({
    isDelivered: false,
    isFinal: false,
    answer: expect.stringMatching(/^535 /),
  })
  const refusing = (code: number) =>
    mailServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_a, _s, done) => done(Object.assign(new Error('not here'), { responseCode: code })),
    })
  for (const [code, isFinal] of [
    [550, true],
    [451, false],
  ] as const) {
    const { port } = await refusing(code)
    expect(await email({ ...settings, port }, WORLD).deliver(SHIPMENT, NEVER)).toMatchObject({
      isDelivered: false,
      isFinal,
      answer: `${code} not here`,
      wasReached: true,
    })
  }
})

test('some of the recipients are enough, and the others are named', async () => {
  const { port, mails } = await mailServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _s, done) =>
      done(address.startsWith('duty') ? Object.assign(new Error('gone'), { responseCode: 550 }) : null),
  })
  expect(await email({ ...settings, port }, WORLD).deliver(SHIPMENT, NEVER)).toEqual({
    isDelivered: true,
    answer: '250 queued as 7; refused: duty@example.com',
  })
  expect(mails[0]?.to).toEqual(['ops@example.com'])
})

test('text from traffic adds no header', async () => {
  const { port, mails } = await mailServer({ authOptional: true, disabledCommands: ['STARTTLS'] })
  await email({ ...settings, port }, WORLD).deliver(
    { key: KEY, record: { ...HOSTILE, type: 'incident.resolved' } },
    NEVER,
  )
  expect(header(mails[0]?.text ?? '', 'Bcc')).toBeUndefined()
  expect(mails[0]?.to).toEqual(settings.to)
})

test('TLS that the server does not offer is not done without', async () => {
  const { port, mails } = await mailServer({ authOptional: true, disabledCommands: ['STARTTLS'] })
  const outcome = await email({ ...settings, port, security: 'starttls' }, WORLD).deliver(SHIPMENT, NEVER)
  expect(outcome).toMatchObject({ isDelivered: false, isFinal: false })
  expect(outcome.answer).toMatch(/^the server does not take STARTTLS \(5\d\d .*\): "security" says/)
  expect(mails).toEqual([])
  expect(RECORD.data.id).toBe('HF-2041')
})

test('whoever stops does not wait for a mail server that says nothing', async () => {
  const silent = createServer((socket) => socket.on('error', () => undefined))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as AddressInfo
  const ending = new AbortController()
  const delivering = email({ ...settings, port }, WORLD).deliver(SHIPMENT, ending.signal)
  silent.once('connection', () => setTimeout(() => ending.abort(), 50))
  const began = performance.now()
  expect(await delivering).toMatchObject({ isDelivered: false, isFinal: false })
  expect(performance.now() - began).toBeLessThan(5000)
})

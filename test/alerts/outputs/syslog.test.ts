import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import { element, framed, syslog, syslogMessage } from '../../../src/alerts/outputs/syslog.ts'
import type { SyslogSettings } from '../../../src/alerts/settings.ts'
import { HOSTILE, KEY, NEVER, RECORD, SHIPMENT, WORLD } from '../record.ts'
import { certificate, syslogPeer } from './peers.ts'

const settings: SyslogSettings = {
  type: 'syslog',
  host: 'localhost',
  port: 0,
  isTls: false,
  ca: null,
  facility: 16,
  enterprise: 32_473,
}
const EXPECTED =
  `<130>1 2026-11-21T02:08:06.123456Z ${hostname()} holdfast ${process.pid} severed-idle ` +
  `[holdfast@32473 key="${KEY}" event="incident.opened" incident="HF-2041" type="severed-idle" severity="critical" ` +
  'state="open" service="dlp-endpoint" occurrences="18" agents="18" actor="load-balancer" address="10.10.2.10" ' +
  'start="2026-11-20T22:25:12.000000Z" end="2026-11-21T02:08:06.123456Z" ' +
  'url="https://monitor.example.com/incidents/HF-2041"] ' +
  'The load balancer 10.10.2.10 cut 18 idle agents after 300 s. Idle connections are cut after 300 s. ' +
  'Do: On lb1, raise the idle timeout from 300 s to at least 86,400 s.'

test('over TCP, with its octets counted', async () => {
  const peer = await syslogPeer(null)
  const output = syslog({ ...settings, host: '127.0.0.1', port: peer.port }, WORLD)
  expect(output.target).toBe(`tcp://127.0.0.1:${peer.port}`)
  expect(await output.deliver(SHIPMENT, NEVER)).toEqual({
    isDelivered: true,
    answer: 'taken over TCP; syslog has no answers',
  })
  expect((await peer.next).toString()).toBe(`${EXPECTED.length} ${EXPECTED}`)
})

describe('over TLS', () => {
  test('to whom its authority vouches for', async () => {
    const own = certificate()
    const peer = await syslogPeer(own)
    const output = syslog({ ...settings, port: peer.port, isTls: true, ca: own.path }, WORLD)
    expect(await output.deliver(SHIPMENT, NEVER)).toMatchObject({ isDelivered: true })
    expect((await peer.next).toString()).toBe(`${EXPECTED.length} ${EXPECTED}`)
  })
  test('to nobody else', async () => {
    const peer = await syslogPeer(certificate())
    const output = syslog({ ...settings, port: peer.port, isTls: true }, WORLD)
    expect(await output.deliver(SHIPMENT, NEVER)).toMatchObject({
      isDelivered: false,
      answer: 'its certificate is signed by nobody else',
    })
  })
})

test('a receiver that resets or is not there has not taken it', async () => {
  const peer = await syslogPeer(null, true)
  expect(
    await syslog({ ...settings, port: peer.port, host: '127.0.0.1' }, WORLD).deliver(SHIPMENT, NEVER),
  ).toMatchObject({
    isDelivered: false,
  })
  expect(
    await syslog({ ...settings, port: 1, host: '127.0.0.1' }, WORLD).deliver(SHIPMENT, NEVER),
  ).toMatchObject({
    isDelivered: false,
    answer: 'connection refused',
  })
})

describe('a message', () => {
  const messageOf = (record: typeof RECORD): string =>
    syslogMessage({ key: KEY, record }, settings).toString()

  test.each([
    ['critical', 'incident.opened', 130],
    ['warning', 'incident.updated', 132],
    ['info', 'incident.opened', 134],
    ['critical', 'incident.resolved', 133],
  ] as const)('%s, %s', (severity, type, priority) => {
    const record = { ...RECORD, type, data: { ...RECORD.data, severity } }
    expect(messageOf(record)).toMatch(new RegExp(`^<${priority}>1 `))
  })

  test('that is no ASCII bears the mark of UTF-8; text from traffic stays in its value', () => {
    const message = messageOf(HOSTILE)
    expect(message).toContain('] \uFEFFá Bcc: x@example.com')
    expect(message).not.toMatch(/[\r\n\u202e]/u)
    expect(element('x@1', { a: '"]\\' })).toBe(String.raw`[x@1 a="\"\]\\"]`)
  })

  test('is cut between characters', () => {
    const long = { ...RECORD, data: { ...RECORD.data, summary: 'ü'.repeat(9000) } }
    const message = syslogMessage({ key: KEY, record: long }, settings)
    expect(message.length).toBeLessThanOrEqual(8192)
    expect(message.length).toBeGreaterThan(8188)
    expect(message.toString()).not.toContain('\uFFFD')
  })

  test('is framed by its octets, not its characters', () => {
    expect(framed(Buffer.from('ü')).toString()).toBe('2 ü')
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../src/cli/main.ts'
import { addDelivery, dueDelivery, endDelivery } from '../../../src/store/deliveries.ts'
import { openStore } from '../../../src/store/store.ts'
import { folder, httpPeer } from '../../alerts/outputs/peers.ts'
import { NOW } from '../../store/database.ts'
import { recordedConsole } from '../console.ts'

async function holdfast(...words: string[]) {
  const console = recordedConsole()
  const exitCode = await run(words, console)
  return { exitCode, ...console.written }
}

function configuration(url: string): string {
  const path = join(folder(), 'holdfast.yaml')
  writeFileSync(
    path,
    `alerts: { outputs: [{ name: ops, webhook: { url: "${url}" } }, { name: log, file: { path: /nowhere/a } }] }\n`,
  )
  return path
}

test('test sends a marked alert and says what was answered', async () => {
  const peer = await httpPeer(() => ({ status: 202, body: 'thanks' }))
  expect(await holdfast('alert', 'test', 'ops', '--config', configuration(peer.url))).toEqual({
    exitCode: 0,
    out: `delivered to ops (webhook, ${new URL(peer.url).origin}): HTTP 202 Accepted thanks\n`,
    error: '',
  })
  expect(JSON.parse(peer.requests[0]?.body ?? '')).toMatchObject({
    type: 'test',
    data: { id: 'HF-0', title: 'Test alert: nothing happened.' },
  })
})

test('test fails where nothing was delivered, or there is no such output', async () => {
  const peer = await httpPeer(() => ({ status: 403, body: 'who are you?\u001b[2J' }))
  const config = configuration(peer.url)
  expect(await holdfast('alert', 'test', 'ops', '--config', config)).toEqual({
    exitCode: 1,
    out: '',
    error: `holdfast: not delivered to ops (webhook, ${new URL(peer.url).origin}): HTTP 403 Forbidden who are you? [2J\n`,
  })
  expect(await holdfast('alert', 'test', 'log', '--config', config)).toMatchObject({
    exitCode: 1,
    error: expect.stringMatching(/^holdfast: not delivered to log \(file, \/nowhere\/a\): ENOENT/),
  })
  expect(await holdfast('alert', 'test', 'opps', '--config', config)).toEqual({
    exitCode: 2,
    out: '',
    error: `holdfast: ${config} has no output opps; it names ops, log; did you mean ops?\n`,
  })
})

function database(): string {
  const path = join(folder(), 'holdfast.db')
  const store = openStore(path)
  for (const [output, title] of [
    ['ops', 'first'],
    ['mail', 'second'],
    ['ops', 'third'],
  ] as const)
    addDelivery(store, {
      output,
      incident: 7,
      kind: 'opened',
      severity: 'critical',
      title,
      body: '{}',
      at: NOW,
    })
  for (const id of [1, 2]) endDelivery(store, { id, state: 'dead', answer: 'HTTP 500', at: NOW })
  store.close()
  return path
}

test('list and resend', async () => {
  const db = database()
  const list = (...words: string[]) => holdfast('alert', 'list', '--db', db, ...words)
  expect(await list()).toEqual({
    exitCode: 0,
    out: [
      '1  2026-11-22 00:00:00 UTC  ops  dead  critical  HF-7 opened  first  (1 attempt: HTTP 500)',
      '2  2026-11-22 00:00:00 UTC  mail  dead  critical  HF-7 opened  second  (1 attempt: HTTP 500)',
      '3  2026-11-22 00:00:00 UTC  ops  waiting  critical  HF-7 opened  third  (not tried yet, next 2026-11-22 00:00:00 UTC)',
      '',
    ].join('\n'),
    error: '',
  })
  const { out } = await list('--state', 'dead', '--output', 'mail', '--format', 'ndjson')
  expect(JSON.parse(out)).toMatchObject({ id: 2, output: 'mail', state: 'dead', answer: 'HTTP 500' })

  const resend = (...words: string[]) => holdfast('alert', 'resend', '--db', db, ...words)
  expect(await resend('3')).toMatchObject({ exitCode: 1, error: 'holdfast: there is no dead letter 3\n' })
  expect(await resend('x')).toMatchObject({ exitCode: 2 })
  expect(await resend()).toMatchObject({ exitCode: 2 })
  expect(await resend('1', '--all')).toMatchObject({ exitCode: 2 })
  expect(await resend('1')).toMatchObject({ exitCode: 0, out: '1 alert waits again\n' })
  expect(await resend('--output', 'ops')).toMatchObject({ out: '0 alerts wait again\n' })
  expect(await resend('--all')).toMatchObject({ out: '1 alert waits again\n' })
  const store = openStore(db)
  expect(dueDelivery(store, 'mail', Date.now() * 1000)).toMatchObject({ id: 2, attempts: 0 })
  store.close()
})

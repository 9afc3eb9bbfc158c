import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { liveReader } from '../../collectors/live-reader.ts'
import {
  argumentsOf,
  droppedIn,
  type ProcessPlan,
  processSource,
  programsFor,
} from '../../collectors/live-process.ts'
import { missing } from '../tools.ts'
import { capture } from './frames.ts'

const PLAN: ProcessPlan = {
  interfaces: ['lo'],
  filter: 'udp port 59123',
  program: null,
  snapLength: 0,
  bufferMib: 4,
}

test('the words of both programs', () => {
  expect(programsFor(PLAN)).toEqual(['tcpdump', 'dumpcap'])
  expect(argumentsOf('tcpdump', { ...PLAN, snapLength: 96 })).toEqual([
    '-i',
    'lo',
    '-n',
    '--immediate-mode',
    '-s',
    '96',
    '-B',
    '4096',
    '-w',
    '-',
    'udp port 59123',
  ])
  const two = { ...PLAN, interfaces: ['a', 'b'], filter: '' }
  expect(programsFor(two)).toEqual(['dumpcap'])
  expect(argumentsOf('dumpcap', two)).toEqual(['-q', '-i', 'a', '-B', '4', '-i', 'b', '-B', '4', '-w', '-'])
})

test('what each of them says was dropped', () => {
  expect(droppedIn('listening on lo\n1 packet captured\n2 packets dropped by kernel\n')).toBe(2)
  expect(droppedIn('2 packets dropped by kernel\n9 packets captured\n5 packets dropped by kernel')).toBe(5)
  const lines = ['a', 'b'].map(
    (name) =>
      `Packets received/dropped on interface '${name}': 10/3 (pcap:3/dumpcap:0/flushed:0/ps_ifdrop:0) (76.9%)`,
  )
  expect(droppedIn(lines.join('\n'))).toBe(6)
  expect(droppedIn('listening on lo')).toBeNull()
})

const cannotCapture = process.getuid?.() !== 0 || process.platform !== 'linux'

for (const program of ['tcpdump', 'dumpcap'] as const) {
  test.skipIf(cannotCapture || missing(program))(
    `${program} captures at an interface, and is told to end`,
    async () => {
      const source = processSource({ ...PLAN, program })
      const reader = liveReader(source)
      onTestFinished(() => reader.close())
      const socket = createSocket('udp4')
      const sending = setInterval(() => socket.send('hello', 59_123, '127.0.0.1'), 20)
      onTestFinished(() => {
        clearInterval(sending)
        socket.close()
      })
      const batch = new FrameBatch()
      expect(await reader.next(batch)).toBe(true)
      expect(batch.wireLength[0]).toBe(14 + 20 + 8 + 5)
      expect(Math.abs(batch.time[0]! / 1000 - Date.now())).toBeLessThan(60_000)
      expect(Buffer.from(reader.packet(1)!.bytes.subarray(42)).toString()).toBe('hello')
    },
  )
}

test('a program that may not capture says why', async () => {
  const plan = { ...PLAN, interfaces: ['no-such-interface'], program: 'tcpdump' } as const
  if (missing('tcpdump')) return
  const reader = liveReader(processSource(plan))
  await expect(reader.next(new FrameBatch())).rejects.toThrow(/^tcpdump cannot capture: .*no-such-interface/)
})

test('one that is not installed says that', async () => {
  const { PATH } = process.env
  process.env['PATH'] = '/nowhere'
  onTestFinished(() => void (process.env['PATH'] = PATH))
  const reader = liveReader(processSource(PLAN))
  await expect(reader.next(new FrameBatch())).rejects.toThrow(
    'tcpdump cannot capture: it is not installed; dumpcap cannot capture: it is not installed',
  )
})

/** A tcpdump that sends one packet and then does as it is told. */
function playedBy(script: string): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-tcpdump-'))
  const { PATH } = process.env
  onTestFinished(() => {
    process.env['PATH'] = PATH
    rmSync(path, { recursive: true, force: true })
  })
  writeFileSync(join(path, 'first.pcap'), capture(0, 1))
  writeFileSync(join(path, 'tcpdump'), `#!/bin/sh\ncat ${path}/first.pcap\n${script}\n`, { mode: 0o755 })
  process.env['PATH'] = `${path}:${PATH}`
  return path
}

test('what a process says again at its end counts once', async () => {
  const path = playedBy(`trap '' TERM
echo '5 packets dropped by kernel' >&2
sleep 0.2
exec >&-
sleep 0.2
echo '7 packets dropped by kernel' >&2`)
  const source = processSource({ ...PLAN, program: 'tcpdump' })
  const reader = liveReader(source)
  onTestFinished(() => reader.close())
  const batch = new FrameBatch()
  expect(await reader.next(batch)).toBe(true)
  const more = reader.next(batch)
  // The one after it says nothing.
  rmSync(join(path, 'tcpdump'))
  await expect.poll(() => (source.drops.kernel ?? 0) > 5).toBe(true)
  expect(source.drops.kernel).toBe(7)
  reader.close()
  expect(await more).toBe(false)
})

test(
  'asked to end while no process captures, it does not wait for the next one',
  { timeout: 20_000 },
  async () => {
    playedBy('exit 1')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const reader = liveReader(processSource({ ...PLAN, program: 'tcpdump' }))
    const batch = new FrameBatch()
    expect(await reader.next(batch)).toBe(true)
    const more = Promise.resolve(reader.next(batch))
    await vi.waitUntil(() => vi.getTimerCount() > 0)
    reader.close()
    expect(await more).toBe(false)
  },
)

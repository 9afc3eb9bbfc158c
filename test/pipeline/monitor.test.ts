import { expect, test } from 'vitest'
import { ATTACHMENTS_MAX } from '../../src/sessions/agents/tracked-agent.ts'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import { analyze, type InputProgress } from '../../src/pipeline/monitor.ts'
import { analysed } from '../detectors/analysis.ts'
import { framesOf, readerOf } from './reader.ts'
import { scenario } from '../scenario/scenario.ts'

test('the summary tells what found no room', async () => {
  const s = scenario()
  for (let i = 0; i < ATTACHMENTS_MAX + 2; i++)
    s.connect('10.10.1.101', `10.10.3.11:${1000 + i}`).agent.sends('x')
  const { forgotten } = (await analysed(s, { taps: ['client'] })).of('summary')[0]!
  expect(forgotten).toEqual({ agents: 0, addresses: 0, visits: 2, findings: 0 })
})

test('progress tells the packets and the losses of each input', async () => {
  const s = scenario()
  const { agent } = s.connect('10.10.1.101', '10.10.3.11:443')
  for (let i = 0; i < 20; i++) agent.sends('x')
  const frames = framesOf(s.captures().get('client')!).slice(0, 40)
  const inputs = [
    [
      { drops: 3, name: 'a' },
      { drops: 4, name: 'b' },
    ],
    [{}],
  ].map((interfaces, i) => {
    const reader = readerOf(i === 0 ? frames : frames.slice(0, 1), { interfaces, frames: 1 })
    return { tap: `tap ${i}`, path: 'a.pcapng', reader, sha256: null }
  })
  const told: (readonly [number, readonly InputProgress[]])[] = []
  await analyze(
    inputs,
    {
      deployment: EMPTY_DEPLOYMENT,
      secrets: null,
      from: null,
      to: null,
      onProgress: (_, packets, each) => void told.push([packets, each]),
    },
    [],
  )
  const drops = [{ drops: 7 }, { drops: 0 }]
  expect(told.map(([, each]) => each)).toMatchObject([drops, drops])
  for (const [packets, [first, second]] of told)
    expect([first!.packets + second!.packets, second!.packets]).toEqual([packets, 1])
})

test('no more connections are prepared for than a capture has frames', async () => {
  const s = scenario()
  s.connect('10.10.1.101', '10.10.3.11:443').agent.sends('x')
  await analysed(s, { taps: ['client'] }) // what is made once is there
  const before = process.memoryUsage().arrayBuffers
  await analysed(s, { taps: ['client'] })
  // Nearly all of it buffers of the reader; room for as many connections as can be would be 201 MB.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32e6)
})

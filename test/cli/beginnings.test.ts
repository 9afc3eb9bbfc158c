/** Captures of one time whose clocks differ. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openInputs } from '../../src/cli/analyze/inputs.ts'
import { beginnings } from '../../src/cli/beginnings.ts'
import type { Finding } from '../../src/model/incident.ts'
import { clockWords } from '../../src/model/quality.ts'
import type { CaptureRecord } from '../../src/model/record.ts'
import { SECOND, type Micros } from '../../src/model/time.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { ahead, deployment } from '../detectors/analysis.ts'
import { attach, balancer, DLP, STORIES } from '../detectors/stories.ts'
import { firewall, scenario, type Scenario } from '../scenario/scenario.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-clocks-'))))
afterAll(() => rmSync(folder, { recursive: true }))

/** Files of the story's taps, those named here by other clocks. */
function filesOf(story: Pick<Scenario, 'captures'>, clocks: Readonly<Record<string, Micros>>) {
  return [...story.captures()].map(([tap, bytes]) => {
    const path = join(folder, `${tap}.pcap`)
    writeFileSync(path, ahead(bytes, clocks[tap] ?? 0))
    return { tap, path }
  })
}

/** What each file's clock is ahead of the first one's, in seconds to tenths, by tap. */
async function told(files: readonly { readonly tap: string; readonly path: string }[]) {
  const offsets = await beginnings(files)
  return Object.fromEntries(
    files.flatMap(({ tap, path }) => {
      const by = offsets.get(path)?.clockAhead
      return by === undefined ? [] : [[tap, Math.round(by / 100_000) / 10]]
    }),
  )
}

/** Three agents, and what they say behind a firewall. */
function directly(): Scenario {
  const s = scenario().behind(firewall({ idle: 300 * SECOND, forgets: 'silently' }))
  for (const n of [1, 2, 3]) attach(s, `A${n}`, `10.10.1.10${n}`, '10.10.3.11:8000')
  return s
}

/** Three agents behind a load balancer report, are severed when they are idle, and come back. */
function relayed(): Scenario {
  const s = scenario().behind(balancer('fin'))
  const come = (n: number) => attach(s, `A${n}`, `10.10.1.10${n}`).agent
  for (const n of [1, 2, 3]) come(n).sends(`what the agent ${n} has to report`).receives('thanks')
  s.wait(330 * SECOND)
  for (const n of [1, 2, 3]) come(n)
  s.wait(10 * SECOND)
  return s
}

describe('how far clocks are apart is told', () => {
  test.each([
    ['ahead', 65.3],
    ['behind', -4],
    ['a day', 86_400],
  ])('by the connections that both saw: %s', async (_name, seconds) => {
    expect(await told(filesOf(directly(), { server: seconds * SECOND }))).toEqual({ server: seconds })
  })

  test('by what a load balancer passed on', async () => {
    const files = filesOf(relayed(), { server: 10 * SECOND })
    expect(await told(files)).toEqual({ server: 10 })
  })

  test('by what is left of HTTP, where a load balancer adds to it', async () => {
    const story = STORIES['multiple-set-cookie'].play()
    story.wait(20 * SECOND)
    story.connect('10.10.1.150', '10.10.9.9:80') //     a capture goes on, whatever passes
    const files = filesOf(story, { server: 10 * SECOND })
    expect(await told(files)).toEqual({ server: 10 })
  })

  test('by the clock of the first, whichever it is', async () => {
    const files = filesOf(directly(), { server: 10 * SECOND })
    expect(await told(files.toReversed())).toEqual({ client: -10 })
  })

  test('for all files of a tap', async () => {
    const [client, server] = filesOf(directly(), { server: 10 * SECOND })
    const empty = join(folder, 'more.pcap')
    writeFileSync(empty, ahead([...scenario().captures().values()][0]!, 0))
    const offsets = await beginnings([client!, server!, { tap: 'server', path: empty }])
    expect([...offsets.keys()]).toEqual([server!.path, empty])
  })
})

describe('nothing is told', () => {
  test('of clocks that agree to a second', async () => {
    expect(await told(filesOf(directly(), { server: 0.9 * SECOND }))).toEqual({})
  })

  test('where two packets are all that both hold', async () => {
    const s = scenario().behind(firewall({ idle: 300 * SECOND, forgets: 'silently' }))
    for (const n of [1, 2]) s.connect(`10.10.1.10${n}`, '10.10.3.11:8000')
    expect(await told(filesOf(s, { server: 10 * SECOND }))).toEqual({})
  })

  test('where captures have nothing in common', async () => {
    const [client] = filesOf(directly(), {})
    const path = join(folder, 'other.pcap')
    writeFileSync(path, [...STORIES['multiple-set-cookie'].play().captures().values()][0]!)
    expect(await told([client!, { tap: 'other', path }])).toEqual({})
  })

  test('of a capture alone, and of what cannot be read twice', async () => {
    const files = filesOf(directly(), { server: 10 * SECOND })
    expect(await told(files.slice(1))).toEqual({})
    expect(await told([files[0]!, { tap: 'server', path: '-' }])).toEqual({})
  })
})

/** What was found, when, and how good the captures are. */
async function analysed(files: readonly { readonly tap: string; readonly path: string }[]) {
  const { inputs, close } = await openInputs(files, false, [], await beginnings(files))
  const findings: Finding[] = []
  const captures: CaptureRecord[] = []
  const options = { deployment: deployment(DLP), secrets: null, from: null, to: null, onProgress: null }
  const kinds = new Set(['occurrence', 'capture'] as const)
  await analyze(inputs, options, [
    {
      kinds,
      write(record) {
        if (record.kind === 'occurrence') findings.push(record.finding)
        if (record.kind === 'capture') captures.push(record)
      },
    },
  ])
  close()
  return { findings, captures }
}

test('all captures are judged by the clock of the first', async () => {
  const story = relayed()
  const agreeing = await analysed(filesOf(story, {}))
  const apart = await analysed(filesOf(story, { server: -65 * SECOND }))
  expect(agreeing.findings).not.toEqual([])
  expect(JSON.parse(JSON.stringify(apart.findings, nearly))).toEqual(
    JSON.parse(JSON.stringify(agreeing.findings, nearly)),
  )
  const [first, second] = apart.captures.map(({ quality }) => quality)
  expect(first).not.toHaveProperty('clockOffsetSeconds')
  expect(second!.clockOffsetSeconds).toBeCloseTo(-65, 1)
  expect([clockWords(first!), clockWords(second!)]).toEqual([
    null,
    'its clock is 65.0 s behind that of the first capture, by which its times are given',
  ])
})

/** Times to tenths of a second: the way between the taps counts as their clocks' difference. */
const nearly = (key: string, value: unknown): unknown =>
  key === 'at' ? Math.round((value as number) / 100_000) : value

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { whatIfOf } from '../../../src/cli/analyze/what-if.ts'
import { run } from '../../../src/cli/main.ts'
import { FIXTURES } from '../../fixtures/cases.ts'
import { recordedConsole } from '../console.ts'

const CASE = join(FIXTURES, 'severed-by-load-balancer')
const INPUTS = ['client', 'server'].map((tap) => `${tap}=${join(CASE, `${tap}.pcap.gz`)}`)

async function analyze(...words: string[]): Promise<string> {
  const { written, ...console } = recordedConsole()
  const all = ['analyze', '--quiet', '--config', join(CASE, 'holdfast.yaml'), ...words, ...INPUTS]
  expect([await run(all, console), written.error]).toEqual([0, ''])
  return written.out
}

const asking = (...questions: string[]): string[] => questions.flatMap((question) => ['--what-if', question])

async function answers(...questions: string[]) {
  const out = await analyze('--format', 'ndjson', '--include', 'what-if', ...asking(...questions))
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('what a word asks', () => {
  test('a timer and its value', () => {
    expect(whatIfOf('idle-timeout=4m')).toEqual({ what: 'idle-timeout', value: 240_000_000 })
    expect(whatIfOf('persistence=1h')).toEqual({ what: 'persistence', value: 3_600_000_000 })
  })

  test.each([
    [
      'idle-timeuot=5s',
      '--what-if idle-timeuot=5s asks about no known timer; it is one of idle-timeout, heartbeat, persistence; did you mean idle-timeout?',
    ],
    ['heartbeat', '--what-if heartbeat has no value; write heartbeat=240s'],
    ['heartbeat=240', '--what-if heartbeat=240: the value has no unit; write 240s, 240m or 240h'],
    ['heartbeat=500ms', '--what-if heartbeat=500ms: the value must be 1s or more'],
  ])('%s is wrong', (text, message) => {
    expect(() => whatIfOf(text)).toThrow(message)
  })
})

describe('what the traffic answers', () => {
  test('whom a shorter idle timeout would have cut, each connection once over both taps', async () => {
    const [cut, none] = await answers('idle-timeout=240s', 'idle-timeout=400s')
    expect(cut).toMatchObject({
      kind: 'what-if',
      what: 'idle-timeout',
      seconds: 240,
      service: 'dlp-endpoint',
      connections: 15,
      agents: 7,
      hitConnections: 10,
      hitAgents: 7,
      shortestSeconds: 254.95,
      longestSeconds: 299.901,
      already: 8,
      kept: [],
    })
    const examples = cut!['examples'] as { agent: string; tap: string; packets: number[] }[]
    expect(examples).toHaveLength(3)
    expect(new Set(examples.map(({ agent }) => agent)).size).toBe(3)
    expect(examples[0]).toMatchObject({ agent: 'EPA-0042', tap: 'client', packets: [312, 383] })
    expect(none).toMatchObject({ hitConnections: 0, shortestSeconds: null, already: 0, examples: [] })
  })

  test('which heartbeat would have kept them', async () => {
    const [timeout, often] = await answers('idle-timeout=240s', 'heartbeat=180s', 'heartbeat=250s')
    expect(timeout!['kept']).toEqual([
      { heartbeatSeconds: 180, connections: 10 },
      { heartbeatSeconds: 250, connections: 0 },
    ])
    expect(often).toMatchObject({ what: 'heartbeat', hitConnections: 11, already: 8 })
  })

  test('who would have been given a server anew', async () => {
    const [soon, late] = await answers('persistence=1s', 'persistence=1h')
    expect(soon).toMatchObject({ what: 'persistence', connections: 8, agents: 6, hitAgents: 6, already: 3 })
    expect(late).toMatchObject({ connections: 8, hitConnections: 0, longestSeconds: null })
  })

  test('in words, in every report; and nothing where nobody asks', async () => {
    const text = (await analyze(...asking('idle-timeout=240s', 'heartbeat=180s'))).replaceAll(/\s+/g, ' ')
    expect(text).toContain(
      'What if With an idle timeout of 240 s: service dlp-endpoint: 10 of 15 connections (7 of 7',
    )
    expect(text).toContain('8 connections did not survive a longer silence as it is.')
    expect(text).toContain('A heartbeat every 180 s would have kept all of them.')
    const html = await analyze('--format', 'html', ...asking('persistence=1h'))
    expect(html).toContain('<h3>With a persistence of 1 h</h3>')
    const markdown = await analyze('--format', 'markdown', ...asking('heartbeat=180s'))
    expect(markdown).toContain('### With a heartbeat every 180 s')
    expect(await analyze()).not.toContain('What if')
  })
})

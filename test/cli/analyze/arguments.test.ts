import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainArguments } from '../../../src/cli/analyze/arguments.ts'
import { commands } from '../../../src/cli/commands.ts'
import { recordedConsole } from '../console.ts'

const analyzeCommand = () =>
  commands(recordedConsole(), () => undefined).commands.find((command) => command.name() === 'analyze')!

/** What commander makes of the same words; null if it refuses. */
function byCommander(words: readonly string[]): unknown {
  let answer: unknown = null
  const analyze = analyzeCommand()
  analyze.action((...given: unknown[]) => void (answer = { inputs: given[0], options: given[1] }))
  try {
    analyze.parse(words, { from: 'user' })
  } catch {
    return null
  }
  return answer
}

describe('what is plainly right', () => {
  test('is read without a library', () => {
    const words = [
      '--config',
      'h.yaml',
      'client=a.pcap',
      '--keylog=k1',
      '--keylog',
      'k2',
      '--quiet',
      '--fail-on',
      'critical',
      '--output',
      '-',
      '-',
    ]
    expect(plainArguments(words)).toEqual({
      inputs: ['client=a.pcap', '-'],
      options: { config: 'h.yaml', keylog: ['k1', 'k2'], quiet: true, failOn: 'critical', output: '-' },
    })
  })

  test.each([
    [[]],
    [['--quiet']],
    [['--help']],
    [['-h', 'a.pcap']],
    [['a.pcap', '--fromat', 'text']],
    [['a.pcap', '--format']],
    [['a.pcap', '--format', '--quiet']],
    [['a.pcap', '--quiet=yes']],
    [['--', '-a.pcap']],
    [['a.pcap', '--constructor', 'x']],
  ])('is not %j', (words) => {
    expect(plainArguments(words)).toBeNull()
  })
})

test('commander knows every option that is read without it, and no other', () => {
  const analyze = analyzeCommand()
  for (const { long, required } of analyze.options) {
    const words = [...(required ? [long!, 'value'] : [long!]), 'a.pcap']
    expect(plainArguments(words), long).toEqual(byCommander(words))
    expect(plainArguments(words), long).not.toBeNull()
  }
  expect(analyze.options).toHaveLength(12)
})

test('whatever is read without commander, commander reads the same', () => {
  const word = fc.constantFrom(
    '--config',
    '--keylog',
    '--format',
    '--output',
    '--include',
    '--from',
    '--to',
    '--fail-on',
    '--quiet',
    '--quite',
    '--format=text',
    '--keylog=a=b',
    '--output=',
    '--to=-5',
    'a.pcap',
    'client=b.pcap',
    '-',
    '--',
    '-q',
    '--help',
    '--conf',
    '',
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      const plain = plainArguments(words)
      if (plain !== null) expect(byCommander(words)).toEqual(plain)
    }),
    { numRuns: 400 },
  )
})

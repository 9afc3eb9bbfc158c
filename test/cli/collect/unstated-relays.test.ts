import { expect, test } from 'vitest'
import { openInput } from '../../../collectors/index.ts'
import { analysisInput } from '../../../src/cli/analysis-input.ts'
import { unstatedRelays } from '../../../src/cli/collect/unstated-relays.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { seconds } from '../../../src/model/time.ts'
import { analyze } from '../../../src/pipeline/monitor.ts'
import { memorySource } from '../../collectors/reading.ts'
import { deployment } from '../../detectors/analysis.ts'
import { type Scenario, scenario } from '../../scenario/scenario.ts'

const RELAY = '10.10.3.1'

/** Checks of two servers every ten seconds, and an agent of whom something comes by the same way. */
function story(from: string, minutes: number): Scenario {
  const s = scenario()
  for (let round = 0; round < 6 * minutes; round++) {
    for (const at of ['10.10.3.11:8000', '10.10.3.12:8000']) s.connect(from, at).agent.closes()
    if (round % 6 === 0) {
      const { agent } = s.connect(from, '10.10.3.11:8000')
      agent.sends('agent=EPA-1 hello from the endpoint').receives('policy'.repeat(100))
      agent.closes()
    }
    s.wait(seconds(10))
  }
  return s
}

async function told(s: Scenario): Promise<string[]> {
  const sentences: string[] = []
  const follower = unstatedRelays(EMPTY_DEPLOYMENT, (sentence) => void sentences.push(sentence))!
  const input = await openInput(memorySource([...s.captures().values()].at(-1)!), { path: 'a.pcap' })
  const options = { secrets: null, from: null, to: null, onProgress: null, followers: [follower] }
  const known = { tap: '', path: 'a.pcap', sha256: null, secrets: [] }
  await analyze([analysisInput(input, known)], { ...options, deployment: EMPTY_DEPLOYMENT }, [])
  return sentences
}

test('a relay that nobody stated is told once, with what would make it right', async () => {
  expect(await told(story(RELAY, 12))).toEqual([
    expect.stringMatching(
      /^10\.10\.3\.1 stands before 10\.10\.3\.11:8000 and 10\.10\.3\.12:8000: it checks their health .*"holdfast config suggest"/,
    ),
  ])
})

test('who comes too late to be watched costs nothing, and is not told', async () => {
  const s = scenario()
  for (let minute = 0; minute < 20; minute++) {
    s.connect('10.10.1.101', '10.10.3.11:8000').agent.sends('x').receives('y').closes()
    s.wait(seconds(60))
  }
  for (let round = 0; round < 60; round++) {
    for (const at of ['10.10.3.11:8000', '10.10.3.12:8000']) s.connect(RELAY, at).agent.closes()
    s.wait(seconds(10))
  }
  expect(await told(s)).toEqual([])
})

test('where relays are stated nobody looks for more', () => {
  const stated = deployment({ devices: [{ role: 'load-balancer', addresses: [RELAY] }] })
  expect(unstatedRelays(stated, () => undefined)).toBeNull()
})

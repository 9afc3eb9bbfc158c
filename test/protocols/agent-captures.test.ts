/**
 * Captures of agents that speak as ePO's and SEPM's do: every request of theirs is told, and no other.
 * Numbers are tshark's (`http.request`, `http.response`).
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openCaptureFile } from '../../collectors/index.ts'
import type { AgentAnswer } from '../../src/model/agent-message.ts'
import type { Observation } from '../../src/model/observation.ts'
import { seconds } from '../../src/model/time.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { ROOT } from '../source-tree.ts'

const LAB = join(ROOT, '..', 'shared', 'captures', 'lab')

async function answers(name: string): Promise<AgentAnswer[]> {
  const path = join(LAB, `${name}.pcap.gz`)
  const observations: Observation[] = []
  const reader = await openCaptureFile(path)
  const taking = new TapRun(
    { tap: 'client', path, reader, sha256: null },
    {
      silenceMin: seconds(30),
      servicePorts: new Set(),
      secrets: () => null,
      from: null,
      to: null,
      nextTapIndex: () => 0,
      wants: { openings: false, fingerprints: false, alerts: false },
      emit: (observation) => void observations.push(observation),
    },
  )
  while (await taking.read()) taking.process()
  taking.finish()
  return observations.filter((o): o is AgentAnswer => o.kind === 'agent-answer')
}

const tally = (list: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const key of list) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

describe.skipIf(!existsSync(LAB))('in captures of the lab (../shared/captures; skipped without)', () => {
  test('check-ins of ePO, and the policies that follow', async () => {
    const told = await answers('s17_asci.client')
    expect(tally(told.map(({ message: m, outcome }) => `${m.protocol} ${m.purpose} ${outcome}`))).toEqual({
      'spipe check-in done': 35,
      'spipe content done': 4,
    })
    expect(new Set(told.map(({ message }) => message.agentId)).size).toBe(4)
    expect(told.every(({ message, status }) => message.source === 'Agent_3.0.0' && status === 200)).toBe(true)
  })

  test('heartbeats of SEP, whose action and hardware id are not hidden there', async () => {
    const told = await answers('s6_failover_rst.client')
    expect(tally(told.map(({ message: m }) => `${m.protocol} ${m.purpose} ${m.action}`))).toEqual({
      'sepm check-in 9': 12,
      'sepm check-in 12': 48,
      'sepm check-in policy': 12,
    })
    expect(told.every(({ message }) => /^[0-9A-F]{32}$/.test(message.agentId ?? ''))).toBe(true)
  })

  test('other agents’ traffic is none', async () => {
    expect(await answers('s8_cookie_insert.client')).toEqual([])
  })
})

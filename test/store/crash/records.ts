/** What the victim's analyses find: as many of everything in each, of causes that they share. */
import type { AnalysisRecord } from '../../../src/model/record.ts'
import { agents, connection, cut, servers, session, severedIdle } from '../../cli/output/story.ts'

/** Two transactions, and some. */
export const CONNECTIONS = 9_000
export const CAUSES = 3
export const OCCURRENCES = 40

export function* recordsOf(capture: number): Iterable<AnalysisRecord> {
  for (let id = 0; id < CONNECTIONS; id++) yield connection({ id, agent: `agent-${id % 500}`, tap: '' })
  yield session
  yield* agents
  yield* servers
  for (let cause = 0; cause < CAUSES; cause++) {
    const id = `I${cause}`
    yield { ...severedIdle, id, occurrences: OCCURRENCES, agents: OCCURRENCES }
    for (let i = 0; i < OCCURRENCES; i++) {
      const at = severedIdle.start + capture * 1e9 + i
      const evidence = [{ tap: '', packet: 1 + cause * OCCURRENCES + i, at, ends: null, note: 'it' }] as const
      const agent = { id: `agent-${i + capture}`, address: null }
      yield {
        kind: 'occurrence',
        incident: id,
        finding: cut({ at, tap: '', agent, evidence, cause: `cause ${cause}` }),
      }
    }
  }
}

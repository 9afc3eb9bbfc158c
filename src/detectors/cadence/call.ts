/** What the two detectors of wake-up calls say of one. */
import type { Woken } from '../../model/cadence.ts'
import type { Finding } from '../../model/incident.ts'
import { toSeconds } from '../../model/time.ts'
import { named } from '../policy-words.ts'
import { packets } from '../wording.ts'

const ANSWERS: Readonly<Record<Woken['answer'], string>> = {
  taken: 'the server calls the agent',
  refused: 'the server calls the agent, which refuses',
  unanswered: 'the server calls the agent, which does not answer',
}

export function called(event: Woken): Omit<Finding, 'type' | 'severity' | 'confidence' | 'requirements'> {
  const { service, server, agent, address, port, call, answer, within, followed } = event
  const after = followed === null ? null : toSeconds(followed.at - call.at)
  return {
    at: call.at,
    tap: call.tap,
    agent: { id: agent.id, address },
    server: named(server),
    service: service.name,
    connection: null,
    tuple: null,
    actor: { role: 'server', address: server.address, confidence: 0.9 },
    manner: null,
    details: {
      port,
      answer,
      withinSeconds: toSeconds(within),
      followed: followed !== null,
      afterSeconds: after === null ? null : Math.round(after * 100) / 100,
    },
    evidence: packets(
      { ...call, note: ANSWERS[answer] },
      ...(followed === null ? [] : [{ ...followed, note: 'the agent checks in' }]),
    ),
    cause: service.name,
  }
}

export const isFailed = ({ details }: Finding): boolean =>
  details['answer'] !== 'taken' || details['followed'] === false

/**
 * Workload `million`: a million connections from 20,000 agents opened within an hour (handshake, one small
 * opaque exchange: five packets), left open and idle; one more is opened half an hour later, so that time is
 * seen to pass.
 */
import { createAgenda } from '../agenda.ts'
import { createOpaque } from '../payloads.ts'
import { createRandom } from '../../scenario/random.ts'
import { ACK, PSH, SYN, Traffic } from '../traffic.ts'
import type { Payload } from '../traffic.ts'
import { placeHosts, START } from './hosts.ts'

export const CONNECTIONS = 1_000_000
const AGENTS = 20_000,
  SERVERS = 8
const APART = 3_600 // microseconds between two openings: a million in an hour
const HALF_AN_HOUR = 1_800_000_000

function advance(
  traffic: Traffic,
  opaque: (length: number) => Payload,
  connection: number,
  time: number,
): number {
  const agent = 2 * connection,
    step = traffic.step[connection]!
  traffic.step[connection] = step + 1
  switch (step) {
    case 0:
      return (traffic.send(time, agent, SYN), 20_000)
    case 1:
      return (traffic.send(time, agent + 1, SYN | ACK), 100)
    case 2:
      return (traffic.send(time, agent, ACK), 500)
    case 3:
      return (traffic.send(time, agent, PSH | ACK, opaque(48)), 21_000)
    default:
      return (traffic.send(time, agent + 1, PSH | ACK, opaque(32)), -1)
  }
}

export function generateMillion(path: string): Traffic['counts'] {
  const random = createRandom(3),
    agenda = createAgenda(1_000),
    traffic = new Traffic(path, CONNECTIONS + 1)
  const opaque = createOpaque(random)
  placeHosts(traffic, CONNECTIONS + 1, AGENTS, SERVERS, 8000)
  agenda.add(START, 0)
  for (let who = agenda.take(); who >= 0; who = agenda.take()) {
    const opens = traffic.step[who] === 0
    if (opens && who < CONNECTIONS)
      agenda.add(agenda.now + (who === CONNECTIONS - 1 ? HALF_AN_HOUR : APART), who + 1)
    const wait = advance(traffic, opaque, who, agenda.now)
    if (wait >= 0) agenda.add(agenda.now + wait, who)
  }
  traffic.close()
  return traffic.counts
}

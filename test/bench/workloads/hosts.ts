/**
 * Who talks to whom in the generated captures: agents in 10.16.0.0/12, servers in 10.32.0.0/24, one hour from
 * 02:00 UTC.
 */
import type { Traffic } from '../traffic.ts'

/** Microseconds since the epoch: 2026-11-21T02:00:00Z. */
export const START = Date.UTC(2026, 10, 21, 2) * 1000

const AGENT_NET = 0x0a10_0000,
  SERVER_NET = 0x0a20_0000
const FIRST_EPHEMERAL_PORT = 49_152 // RFC 6335 6

/**
 * Gives every connection its endpoints: agents in turn, each with its next port, each with a server of its
 * own.
 */
export function placeHosts(
  traffic: Traffic,
  connections: number,
  agents: number,
  servers: number,
  port: number,
): void {
  for (let connection = 0; connection < connections; connection++) {
    const agent = connection % agents
    traffic.address[2 * connection] = AGENT_NET + 1 + agent
    traffic.port[2 * connection] = FIRST_EPHEMERAL_PORT + Math.floor(connection / agents)
    traffic.address[2 * connection + 1] = SERVER_NET + 1 + (agent % servers)
    traffic.port[2 * connection + 1] = port
    // Initial sequence numbers: spread, repeatable.
    traffic.next[2 * connection] = Math.imul(connection + 1, 0x9e3779b1)
    traffic.next[2 * connection + 1] = Math.imul(connection + 1, 0x85ebca6b)
  }
}

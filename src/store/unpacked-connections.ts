/**
 * Rows of connections as schema 1 had them, a column for each number, into those of today: the function
 * `connection_facts` of the migration to schema 2.
 */
import { HANDSHAKES } from './codes.data.ts'
import { NONE } from './connection-batch.ts'
import { factsPacker } from './connection-facts.ts'
import { SECOND } from '../model/time.ts'

/** [Community ID, handshake, its seconds, eight counts, tls, http, path] */
type Rest = readonly unknown[]

/** The function takes the columns in their order, from `client_address` to `rest`. */
export function columnsPacker() {
  const packer = factsPacker()
  return (
    clientAddress: Uint8Array,
    clientPort: number,
    serverAddress: Uint8Array,
    serverPort: number,
    clientBytes: number,
    serverBytes: number,
    maxIdle: number,
    idleBeforeEnd: number,
    stream: number | null,
    rest: string,
  ): Buffer => {
    const members = JSON.parse(rest) as Rest
    const counts = members.slice(3, 11) as number[]
    const rtt = (members[2] ?? null) as number | null
    const http = (members[12] ?? null) as { requests: number; responses: number } | null
    const [tls = '', path = ''] = [members[11] ?? null, members[13] ?? null].map((member) =>
      member === null ? '' : JSON.stringify(member),
    )
    packer.begin(clientAddress, serverAddress, tls.length + path.length)
    for (const value of [clientPort, serverPort, clientBytes, serverBytes, maxIdle, idleBeforeEnd])
      packer.number(value)
    packer.number(HANDSHAKES.findIndex((handshake) => handshake === members[1]))
    for (let i = 0; i < 8; i++) packer.number(counts[i] ?? 0)
    packer.optional(stream ?? NONE)
    packer.optional(rtt === null ? NONE : Math.round(rtt * SECOND))
    packer.optional(http?.requests ?? NONE)
    packer.optional(http?.responses ?? NONE)
    packer.text(tls)
    packer.text(path)
    return packer.end()
  }
}

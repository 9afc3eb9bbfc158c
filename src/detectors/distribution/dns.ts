/** What the two detectors of DNS share: how an answer is cited, and who gave it. */
import type { Resolved } from '../../model/event.ts'
import type { EvidencePacket, Finding } from '../../model/incident.ts'

export const answerAsEvidence = ({ tap, packet, at, name, addresses }: Resolved): EvidencePacket => ({
  tap,
  packet,
  at,
  ends: null,
  note: `${name} is ${addresses.join(', ')}`,
})

/** A finding about a name: no connection, no agent of its own. */
export const nameFinding = ({
  tap,
  at,
  service,
  resolver,
}: Resolved): Pick<
  Finding,
  'at' | 'tap' | 'agent' | 'server' | 'service' | 'connection' | 'tuple' | 'actor' | 'manner'
> => ({
  at,
  tap,
  agent: null,
  server: null,
  service: service?.name ?? null,
  connection: null,
  tuple: null,
  actor: { role: 'dns', address: resolver, confidence: 0.9 },
  manner: null,
})

/** Answers for a name, as a display filter. */
export const nameFilter = (name: string): string =>
  `dns.flags.response == 1 && dns.qry.name == "${name.replaceAll(/["\\]/g, '')}"`

/** Several agents come from one translated address. */
import { counted, detector, evidence, PROVED } from '../detector.ts'
import { Standing } from '../standing.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const natShared = detector({
  type: 'nat-shared',
  asserts: 'Several agents share one address, in turn or at once: it is a translator’s.',
  notThis: [
    'one address after another’s lease: agents that do not come in turn',
    'a load balancer or proxy: its address is its own',
    'a mapping that the configuration states as shared',
    'one agent with one name',
  ],
  requirements: ['S0-19'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    const standing = new Standing(raise)
    return {
      'address-shared'({ sighting, address, agents, shown }) {
        standing.tell(
          {
            type: 'nat-shared',
            severity: 'info',
            at: sighting.start,
            ...about(sighting),
            agent: null,
            actor: { role: 'nat', address, confidence: 0.9 },
            manner: null,
            confidence: 0.9,
            details: { address, agents },
            evidence: packets(
              ...evidence(
                ...shown
                  .toSorted((a, b) => a.packet.at - b.packet.at)
                  .map(({ user, packet }) => ({ ...packet, note: `${user} at ${address}` })),
              ),
            ),
            cause: address,
            requirements: ['S0-19'],
          },
          0,
        )
      },
    }
  },
  describe(findings) {
    const { details } = findings[0]
    return {
      title: `Agents share the address ${String(details['address'])}`,
      summary: `${counted(Number(details['agents']), 'agent')} came from ${String(details['address'])}. What goes by source address (persistence, filters) takes them for one.`,
      remedy: 'Where agents have to be told apart by address, give each an outer address of its own.',
      filter: connectionFilter(findings),
      details,
    }
  },
})

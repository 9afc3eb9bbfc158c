/**
 * What follows for every product from how networks and agents work, beyond the words of one vendor. (X-05 and
 * X-06 are about captures, not about networks: both directions seen, clocks alike. They stand in a capture's
 * quality.)
 */
import type { ProfileName } from '../deployment.ts'
import { type Requirement, stated } from '../requirement.ts'

const PRODUCTS: readonly ProfileName[] = [
  'symantec-dlp',
  'symantec-dlp-12.5',
  'symantec-sepm',
  'symantec-sems',
  'mcafee-epo',
]

/** Agents, or connections, from which on an end that is common to all would be told as one (domain 8.2,
 * HERD_MOVE). */
const MANY = 10

export const CROSS_REQUIREMENTS: readonly Requirement[] = stated(PRODUCTS, [
  [
    'X-01',
    'No timer on the path is shorter than the longest silence that the product allows itself.',
    ['timer-risk', 'severed-idle'],
    'idle',
  ],
  [
    'X-02',
    'Persistence lasts as long as the product’s session with its server.',
    ['persistence-expired-early'],
    'relayed-returns',
    { profiles: ['symantec-dlp-12.5'] },
  ],
  [
    'X-03',
    'A client that resumes TLS meets the server that knows its session.',
    ['server-hop'],
    'handshakes',
    {
      // No hop names it: servers may share what they know of sessions.
      byName: true,
      // The first handshake issues a session, a later one presents it.
      atLeast: 2,
      doubt: {
        incidents: ['server-hop'],
        needs:
          'a capture with the TLS handshakes of agents that came to another server: whether it refused to resume their sessions',
      },
    },
  ],
  [
    'X-04',
    'No device or server that restarts takes the connections of many with it at once.',
    ['mass-disconnect', 'herd-move'],
    null,
    { shownBy: ['server-outage'], atLeast: MANY, needs: 'a capture of a restart that many agents meet' },
  ],
])

/** McAfee (Trellix) ePolicy Orchestrator: agent handlers and their assignments (KB66797, KB57886, KB79236,
 * KB87820). */
import { type Requirement, stated } from '../requirement.ts'

const GROUPS = {
  needs: '`groups` or `locations` with their handlers in the configuration, and a capture of their agents',
}

/** Check-ins that were missed, of hosts that may have been off. */
const MISSED = {
  doubt: {
    incidents: ['missed-checkin'],
    needs:
      'a capture in which other traffic of the hosts passes: whether they were up when a check-in was due',
  },
} as const

export const EPO_REQUIREMENTS: readonly Requirement[] = stated(
  ['mcafee-epo'],
  [
    ['S4-01', 'All communication of agents runs through their handler.', ['off-list-server'], 'listed'],
    [
      'S4-02',
      'Handlers reach the core server and its database quickly and at all times.',
      ['next-hop-down'],
      'back-ends',
      { atLeast: 5 },
    ],
    [
      'S4-03',
      'Several handlers serve fault tolerance and share the load.',
      ['no-failover', 'imbalance'],
      'visits',
      { atLeast: 20 },
    ],
    [
      'S4-04',
      'A system makes its regular contacts to the handler that it is assigned to.',
      ['off-list-server', 'wrong-priority'],
      'listed',
    ],
    [
      'S4-05',
      'A handler delivers lists and policies as the server does.',
      ['missed-checkin'],
      'check-ins',
      MISSED,
    ],
    [
      'S4-06',
      'Agents fetch content from their handler, which keeps a copy of it.',
      ['content-bypass'],
      'exchanges',
      { byName: true },
    ],
    [
      'S4-07',
      'What a handler lacks it fetches once, keeps, and passes on.',
      ['content-bypass'],
      'exchanges',
      { byName: true },
    ],
    ['S4-08', 'Groups of systems go to handlers of their own.', ['off-list-server'], 'listed'],
    ['S4-09', 'An agent talks to the nearest handler first.', ['wrong-priority'], 'listed'],
    [
      'S4-10',
      'If the first handler is down, the agent falls back to the next in its list.',
      ['no-failover', 'checkin-retries-exhausted'],
      'failures',
      { shownBy: ['failover'] },
    ],
    [
      'S4-11',
      'The order stands in the list that agents get; changes arrive with a check-in.',
      [],
      'check-ins',
    ],
    [
      'S4-12',
      'A new assignment is used from the check-in after the one that brought it.',
      ['assignment-not-applied'],
      'check-ins',
      GROUPS,
    ],
    ['S4-13', 'A wake-up call makes the agent check in at once.', ['wakeup-failed'], 'wake-ups'],
    [
      'S4-14',
      'Handlers of one group are picked at random: each has its share.',
      ['imbalance'],
      'visits',
      { atLeast: 20 },
    ],
    [
      'S4-15',
      'Priorities over a wide area set which handler an agent takes, and in what order.',
      ['wrong-priority'],
      'listed',
    ],
    [
      'S4-16',
      'Once the preferred handler is back, the agent returns to it.',
      ['no-failback'],
      null,
      { shownBy: ['failback'], needs: 'a capture of a handler that comes back, and of its agents then' },
    ],
    ['S4-17', 'Handlers of several groups in one list are taken in its order.', ['wrong-priority'], 'listed'],
    ['S4-18', 'One identity belongs to one system.', ['nat-change'], 'named'],
    [
      'S4-19',
      'A load balancer before handlers passes TLS through.',
      ['tls-terminated', 'tls-modified'],
      'tls-pairs',
    ],
    [
      'S4-20',
      'Agents check in with every interval.',
      ['missed-checkin', 'checkin-retries-exhausted'],
      'check-ins',
      MISSED,
    ],
  ],
)

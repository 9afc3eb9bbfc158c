/** Small drawings that stand for a severity, a verdict or a role. A word stands beside each. */
import type { ActorRole, Severity } from '../../../model/incident.ts'
import type { RequirementStatus } from '../../../model/view.ts'
import { html, type Markup, trusted } from './markup.ts'

/** Class that gives a severity its colour. */
export const SEVERITY_CLASS: Readonly<Record<Severity, string>> = {
  critical: 'crit',
  warning: 'warn',
  info: 'info',
}

const STATUS_SIGNS: Readonly<Record<RequirementStatus, readonly [symbol: string, colour: string]>> = {
  violated: ['violated', 'crit'],
  'at-risk': ['warn', 'warn'],
  met: ['met', 'good'],
  'not-observed': ['unseen', 'dim'],
  'not-applicable': ['na', 'dim'],
}

const ROLE_SIGNS: Readonly<Record<ActorRole, readonly [symbol: string, colour: string]>> = {
  agent: ['r-agent', 'agent'],
  server: ['r-server', 'server'],
  'load-balancer': ['r-balancer', 'balancer'],
  firewall: ['r-firewall', 'firewall'],
  nat: ['r-nat', 'nat'],
  'reverse-proxy': ['r-proxy', 'proxy'],
  dns: ['r-anon', 'anon'],
  middlebox: ['r-anon', 'anon'],
  unknown: ['r-anon', 'anon'],
}

const sign = (symbol: string, colour: string): Markup =>
  html`<svg class="g ${colour}" aria-hidden="true"><use href="#${symbol}" /></svg>`

export const severitySign = (severity: Severity): Markup =>
  sign(SEVERITY_CLASS[severity], SEVERITY_CLASS[severity])
export const statusSign = (status: RequirementStatus): Markup => sign(...STATUS_SIGNS[status])
export const roleSign = (role: ActorRole): Markup => sign(...ROLE_SIGNS[role])
/** Class that gives a role its colour. */
export const roleClass = (role: ActorRole): string => ROLE_SIGNS[role][1]

const symbol = (id: string, content: string): string =>
  `<symbol id="${id}" viewBox="0 0 14 14">${content}</symbol>`

/** All drawings, once per page. */
export const SYMBOLS: Markup = trusted(
  `<svg width="0" height="0" class="symbols" aria-hidden="true">${[
    symbol(
      'crit',
      '<path d="M7 .6 13.4 7 7 13.4.6 7Z" fill="currentColor"/><path d="M7 4v3.6M7 9.2v1" stroke="var(--paper)" stroke-width="1.5"/>',
    ),
    symbol(
      'warn',
      '<path d="M7 1.4 13.2 12.4H.8Z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round"/><path d="M7 5.4v3M7 9.6v1" stroke="currentColor" stroke-width="1.4"/>',
    ),
    symbol(
      'info',
      '<circle cx="7" cy="7" r="5.4" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M7 6.4v3.8M7 3.9v1.2" stroke="currentColor" stroke-width="1.4"/>',
    ),
    symbol('met', '<path d="M2 7.6 5.4 11 12 3.4" fill="none" stroke="currentColor" stroke-width="1.8"/>'),
    symbol(
      'violated',
      '<rect x="1" y="1" width="12" height="12" rx="2" fill="currentColor"/><path d="m4.4 4.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--paper)" stroke-width="1.5"/>',
    ),
    symbol(
      'unseen',
      '<circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" stroke-width="1.3" stroke-dasharray="2.2 2"/>',
    ),
    symbol('na', '<path d="M3 7h8" stroke="currentColor" stroke-width="1.4"/>'),
    symbol('r-agent', '<circle cx="7" cy="7" r="4.6" fill="currentColor"/>'),
    symbol(
      'r-server',
      '<rect x="2" y="2" width="10" height="4.2" rx="1" fill="currentColor"/><rect x="2" y="7.8" width="10" height="4.2" rx="1" fill="currentColor"/>',
    ),
    symbol(
      'r-balancer',
      '<path d="M1 7h4M5 7l6.4-4.2M5 7l6.4 4.2M5 7h6.6" stroke="currentColor" stroke-width="1.5" fill="none"/><circle cx="5" cy="7" r="2.1" fill="currentColor"/>',
    ),
    symbol(
      'r-firewall',
      '<path d="M1.5 2.5h11v9h-11zM1.5 5.5h11M1.5 8.5h11M7 2.5v3M4.2 5.5v3M9.8 5.5v3M7 8.5v3" fill="none" stroke="currentColor" stroke-width="1.2"/>',
    ),
    symbol(
      'r-nat',
      '<path d="M1.5 4.6h10M8.8 1.9l2.8 2.7-2.8 2.7M12.5 9.6h-10M5.2 6.9 2.4 9.6l2.8 2.7" fill="none" stroke="currentColor" stroke-width="1.3"/>',
    ),
    symbol(
      'r-proxy',
      '<path d="M7 1.2 12 4v6L7 12.8 2 10V4Z" fill="none" stroke="currentColor" stroke-width="1.5"/>',
    ),
    symbol(
      'r-anon',
      '<circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" stroke-dasharray="2 2"/><path d="M5.4 5.6c0-2 3.2-2 3.2 0 0 1.3-1.6 1.2-1.6 2.6M7 9.6v1" stroke="currentColor" stroke-width="1.2" fill="none"/>',
    ),
  ].join('')}</svg>`,
)

/** Icons of the pages, and the anchor: lines in a box of 16 x 16, never without the word beside them. */
import type { JSX } from 'preact'

export const ICONS = {
  overview: 'M2 13V8m4 5V4m4 9V6.5M14 13V2',
  incidents: 'M8 1.8 14.2 8 8 14.2 1.8 8ZM8 5v3.6m0 1.4v1',
  live: 'M1.5 8h3l2-5 3 10 2-5h3',
  agents: 'M8 2.5a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8M2.6 14c.6-3 2.8-4.4 5.4-4.4s4.8 1.4 5.4 4.4',
  services: 'M2.5 2.5h11v4.4h-11zM2.5 9.1h11v4.4h-11zM4.6 4.7h.1m-.1 6.6h.1',
  captures: 'M8 10.5V2m-3 2.8L8 1.8l3 3M2 10v4h12v-4',
  connections: 'M2 5h9.5m-3-3 3 3-3 3M14 11H4.500m3-3-3 3 3 3',
  conformance: 'm2 4 1.4 1.4L6 2.8M8.5 4H14M2 8.8l1.4 1.4L6 7.6m2.5 1.2H14M2 13h4m2.5 0H14',
  deliveries: 'M1.8 7.400 14.200 1.800 9.600 14.200 7.400 8.600ZM7.400 8.600l3.400-3.400',
  more: 'M2.500 4h11M2.500 8h11M2.500 12h11',
} as const

export const Icon = ({ name }: { name: keyof typeof ICONS }): JSX.Element => (
  <svg viewBox="0 0 16 16" aria-hidden="true">
    <path d={ICONS[name]} />
  </svg>
)

export const Anchor = (): JSX.Element => (
  <svg viewBox="0 0 18 18" aria-hidden="true">
    <path
      d="M9 1.5v12M4.5 6h9M2 9.5c0 4 3.2 6.5 7 6.5s7-2.5 7-6.5"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
    />
    <circle cx="9" cy="2.6" r="1.7" fill="var(--rail)" stroke="currentColor" stroke-width="1.5" />
  </svg>
)

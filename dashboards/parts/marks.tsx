/**
 * Marks: severity, verdict and role, each by shape as well as by colour. The shapes are drawn in a box of
 * 14 x 14, so that a diagram can set them as well: `<svg x y width height viewBox="0 0 14 14">`.
 */
import type { ComponentChildren, JSX } from 'preact'
import type { Actor } from '../../src/api/contract.ts'
import type { ActorRole, RequirementStatus, Severity } from '../vocabulary.ts'
import { ROLE_WORDS, STATUS_WORDS } from '../words.data.ts'

type Shape = () => JSX.Element
type Tone = 'crit' | 'warn' | 'info' | 'good'

const Diamond: Shape = () => (
  <>
    <path d="M7 .6 13.4 7 7 13.4.6 7Z" fill="currentColor" />
    <path d="M7 4v3.6M7 9.2v1" stroke="var(--paper)" stroke-width="1.5" />
  </>
)
const Triangle: Shape = () => (
  <>
    <path
      d="M7 1.4 13.2 12.4H.8Z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linejoin="round"
    />
    <path d="M7 5.4v3M7 9.6v1" stroke="currentColor" stroke-width="1.4" />
  </>
)
const Circle: Shape = () => (
  <>
    <circle cx="7" cy="7" r="5.4" fill="none" stroke="currentColor" stroke-width="1.4" />
    <path d="M7 6.4v3.8M7 3.9v1.2" stroke="currentColor" stroke-width="1.4" />
  </>
)
const Tick: Shape = () => (
  <path d="M2 7.6 5.4 11 12 3.4" fill="none" stroke="currentColor" stroke-width="1.8" />
)
const CrossedSquare: Shape = () => (
  <>
    <rect x="1" y="1" width="12" height="12" rx="2" fill="currentColor" />
    <path d="m4.4 4.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--paper)" stroke-width="1.5" />
  </>
)
const DashedCircle: Shape = () => (
  <circle
    cx="7"
    cy="7"
    r="5.2"
    fill="none"
    stroke="currentColor"
    stroke-width="1.3"
    stroke-dasharray="2.2 2"
  />
)
const Dash: Shape = () => <path d="M3 7h8" stroke="currentColor" stroke-width="1.4" />
const Disc: Shape = () => <circle cx="7" cy="7" r="4.6" fill="currentColor" />
const Slabs: Shape = () => (
  <>
    <rect x="2" y="2" width="10" height="4.2" rx="1" fill="currentColor" />
    <rect x="2" y="7.8" width="10" height="4.2" rx="1" fill="currentColor" />
  </>
)
const Fork: Shape = () => (
  <>
    <path d="M1 7h4M5 7l6.4-4.2M5 7l6.4 4.2M5 7h6.6" stroke="currentColor" stroke-width="1.5" fill="none" />
    <circle cx="5" cy="7" r="2.1" fill="currentColor" />
  </>
)
const Bricks: Shape = () => (
  <path
    d="M1.5 2.5h11v9h-11zM1.5 5.5h11M1.5 8.5h11M7 2.5v3M4.2 5.5v3M9.8 5.5v3M7 8.5v3"
    fill="none"
    stroke="currentColor"
    stroke-width="1.2"
  />
)
const Arrows: Shape = () => (
  <path
    d="M1.5 4.6h10M8.8 1.9l2.8 2.7-2.8 2.7M12.5 9.6h-10M5.2 6.9 2.4 9.6l2.8 2.7"
    fill="none"
    stroke="currentColor"
    stroke-width="1.3"
  />
)
const Hexagon: Shape = () => (
  <path d="M7 1.2 12 4v6L7 12.8 2 10V4Z" fill="none" stroke="currentColor" stroke-width="1.5" />
)
const Question: Shape = () => (
  <>
    <circle cx="7" cy="7" r="5.2" fill="none" stroke="currentColor" stroke-dasharray="2 2" />
    <path
      d="M5.4 5.6c0-2 3.2-2 3.2 0 0 1.3-1.6 1.2-1.6 2.6M7 9.6v1"
      stroke="currentColor"
      stroke-width="1.2"
      fill="none"
    />
  </>
)

export const SEVERITY_MARKS: Readonly<Record<Severity, { readonly tone: Tone; readonly Shape: Shape }>> = {
  critical: { tone: 'crit', Shape: Diamond },
  warning: { tone: 'warn', Shape: Triangle },
  info: { tone: 'info', Shape: Circle },
}

export const STATUS_MARKS: Readonly<
  Record<RequirementStatus, { readonly tone: Tone | 'dim'; readonly Shape: Shape }>
> = {
  violated: { tone: 'crit', Shape: CrossedSquare },
  'at-risk': { tone: 'warn', Shape: Triangle },
  met: { tone: 'good', Shape: Tick },
  'not-observed': { tone: 'dim', Shape: DashedCircle },
  'not-applicable': { tone: 'dim', Shape: Dash },
}

/** Class of a role's colour, and its shape; the colour never appears without the shape. */
export const ROLE_MARKS: Readonly<Record<ActorRole, { readonly tone: string; readonly Shape: Shape }>> = {
  agent: { tone: 'agent', Shape: Disc },
  server: { tone: 'server', Shape: Slabs },
  'load-balancer': { tone: 'balancer', Shape: Fork },
  firewall: { tone: 'firewall', Shape: Bricks },
  nat: { tone: 'nat', Shape: Arrows },
  'reverse-proxy': { tone: 'proxy', Shape: Hexagon },
  dns: { tone: 'anon', Shape: Question },
  middlebox: { tone: 'anon', Shape: Question },
  unknown: { tone: 'anon', Shape: Question },
}

interface GlyphProps {
  readonly shape: Shape
  /** What it says where no word stands beside it. */
  readonly label?: string | undefined
  readonly tone?: string
}

export function Glyph({ shape: Shape, label, tone = '' }: GlyphProps): JSX.Element {
  const named = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label }
  return (
    <svg class={`g ${tone}`} viewBox="0 0 14 14" {...named}>
      <Shape />
    </svg>
  )
}

/** The sign of a severity; with `word` the word beside it. Null: all is well. */
export function SeverityMark({ severity, word = false }: { severity: Severity | null; word?: boolean }) {
  if (severity === null) return <Glyph shape={Tick} label="healthy" tone="good" />
  const { tone, Shape } = SEVERITY_MARKS[severity]
  return (
    <span class={`nw ${tone}`}>
      <Glyph shape={Shape} label={word ? undefined : severity} />
      {word ? ` ${severity}` : ''}
    </span>
  )
}

export function VerdictMark({ status, word = false }: { status: RequirementStatus; word?: boolean }) {
  const { tone, Shape } = STATUS_MARKS[status]
  return (
    <span class={`nw ${tone}`}>
      <Glyph shape={Shape} label={word ? undefined : STATUS_WORDS[status]} />
      {word ? ` ${STATUS_WORDS[status]}` : ''}
    </span>
  )
}

/** A role's shape in its colour, and what stands behind it: a name or an address. */
export function RoleMark({ role, children }: { role: ActorRole; children?: ComponentChildren }) {
  const { tone, Shape } = ROLE_MARKS[role]
  return (
    <span class={`role ${tone}`}>
      <Glyph shape={Shape} label={ROLE_WORDS[role]} />
      {children}
    </span>
  )
}

/** Who did it: the device's name, else its address, else what it is, else that it is not known. */
export const ActorMark = ({ actor }: { actor: Actor }): JSX.Element => (
  <RoleMark role={actor.role}>
    {actor.name ?? actor.address ?? NAMELESS[actor.role] ?? ROLE_WORDS[actor.role]}
  </RoleMark>
)

const NAMELESS: Partial<Record<ActorRole, string>> = { middlebox: 'a device between', unknown: 'unknown' }

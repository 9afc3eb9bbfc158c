/** A role inside a figure: its shape at a place, its colour class, and the shortest true name of a device. */
import type { JSX } from 'preact'
import type { Actor } from '../../src/api/contract.ts'
import { ROLE_MARKS } from '../parts/marks.tsx'
import type { ActorRole } from '../vocabulary.ts'
import { ROLE_WORDS } from '../words.data.ts'

/** Sets `--c` to the role's colour for what is inside. */
export const roleClass = (role: ActorRole): string => ROLE_MARKS[role].tone

/** The configured name, else the address, else what it is, in a word or two. */
export const deviceName = ({ name, address, role }: Actor): string =>
  name ?? address ?? (role === 'middlebox' ? 'a device' : ROLE_WORDS[role])

/** A role's shape, 14 px, centred at x, its top at y. */
export function RoleShape({ role, x, y }: { role: ActorRole; x: string; y: number }): JSX.Element {
  const { tone, Shape } = ROLE_MARKS[role]
  return (
    <svg class={`role-shape ${tone}`} x={x} y={y} overflow="visible" aria-hidden="true">
      <svg x="-7" y="0" width="14" height="14" viewBox="0 0 14 14">
        <Shape />
      </svg>
    </svg>
  )
}

/** Who looks: the session of this browser, and what it may do. */
import { signal } from '@preact/signals'
import type { Role, SessionView } from '../src/api/contract.ts'

/** Null until the server has answered once. */
export const session = signal<SessionView | null>(null)

const RANKS: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 }

/** Whether the person may do what takes this role. */
export function may(role: Role): boolean {
  const own = session.value?.role
  return own != null && RANKS[own] >= RANKS[role]
}

/** Whether somebody has to log in first. */
export const isLoggedOut = (): boolean => session.value !== null && session.value.role === null

/** The server no longer knows this browser: shows the login page. */
export function forgetSession(): void {
  if (session.value !== null) session.value = { ...session.value, role: null, name: null, csrfToken: null }
}

/**
 * Names from outside (of services, agents, servers, incidents) as the numbers that the tables know them by,
 * and back. Nobody's name is -1: it matches no row.
 */
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'

/** A number that no row has. */
const NOBODY = -1

/** `HF-2041` */
export const incidentName = (id: number): string => `HF-${id}`

/** The number of an incident's name; null if it is none. */
export function incidentNumber(name: string): number | null {
  const digits = /^HF-([1-9]\d{0,14})$/i.exec(name)?.[1]
  return digits === undefined ? null : Number(digits)
}

export const serviceNumbers = (store: Store, names: readonly string[]): number[] =>
  numbers(store, 'SELECT id FROM service WHERE name = ?', names)

export const agentNumbers = (store: Store, names: readonly string[]): number[] =>
  numbers(store, 'SELECT id FROM agent WHERE name = ?', names)

/** A name may belong to several servers: one per service and address. */
export const serverNumbers = (store: Store, names: readonly string[]): number[] =>
  numbers(store, 'SELECT id FROM server WHERE name = ?', names)

function numbers(store: Store, sql: string, names: readonly string[]): number[] {
  const find = prepared<{ id: number }>(store, sql)
  const found = new Set(names.flatMap((name) => find.all(name).map(({ id }) => id)))
  return found.size === 0 ? [NOBODY] : [...found]
}

/**
 * The state of objects as data, and data as the state of objects again: what a checkpoint holds of stages
 * whose state is columns, maps and small records.
 *
 * Contract: identity is kept: what two objects shared they share again, and cycles are no matter. Functions
 * are no state: those of the object that is restored stay its own. An object that knows better has `save` and
 * `load`. Instances that stand in arrays and maps get their class from `classes`; one that is not listed can
 * only be restored into an instance that is there.
 */

/** Has a say in how it is saved. */
export interface Saves {
  save(): unknown
  load(saved: unknown): void
}

export interface SnapshotOptions {
  /** Classes of instances that are made anew, by names that last. */
  readonly classes: Readonly<Record<string, { readonly prototype: object }>>
  /** Keys of objects that are left out, whoever has them: they are made anew, and not restored. */
  readonly leave: ReadonlySet<string>
}

const CLASS = '~class'
/** The class of an instance that has to be there. */
const THERE = ''
const SAVED = '~saved'

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isBytes = (value: object): boolean => ArrayBuffer.isView(value) || value instanceof ArrayBuffer
const saves = (value: object): value is Saves => 'save' in value && 'load' in value

/** Plain data that a structured clone can hold. The columns in it are the live ones: copy it before they
 * change. */
export function snapshot(root: unknown, { classes, leave }: SnapshotOptions): unknown {
  const known = new Map<object, unknown>()
  const names = new Map(Object.entries(classes).map(([name, { prototype }]) => [prototype, name]))
  const fieldsOf = (value: object, into: Fields): Fields => {
    for (const [key, field] of Object.entries(value))
      if (typeof field !== 'function' && !leave.has(key)) into[key] = save(field)
    return into
  }
  const instance = (value: object): Fields => {
    const into: Fields = {}
    known.set(value, into)
    const prototype = Object.getPrototypeOf(value) as object | null
    if (prototype !== Object.prototype && prototype !== null) into[CLASS] = names.get(prototype) ?? THERE
    if (!saves(value)) return fieldsOf(value, into)
    into[SAVED] = save(value.save())
    return into
  }
  const save = (value: unknown): unknown => {
    if (!isObject(value)) return value
    const before = known.get(value)
    if (before !== undefined) return before
    if (isBytes(value)) return value
    if (Array.isArray(value)) {
      const into: unknown[] = []
      known.set(value, into)
      for (const entry of value) into.push(save(entry))
      return into
    }
    if (value instanceof Map) {
      const into = new Map<unknown, unknown>()
      known.set(value, into)
      for (const [key, entry] of value) into.set(save(key), save(entry))
      return into
    }
    if (value instanceof Set) {
      const into = new Set<unknown>()
      known.set(value, into)
      for (const entry of value) into.add(save(entry))
      return into
    }
    return instance(value)
  }
  return save(root)
}

/** Puts a snapshot back into an object made anew: in place where it can, so that whoever holds a part of it
 * still does. Answers the object. */
export function restore<T>(root: T, saved: unknown, { classes, leave }: SnapshotOptions): T {
  const known = new Map<object, unknown>()
  const load = (into: unknown, from: unknown): unknown => {
    if (!isObject(from)) return from
    const before = known.get(from)
    if (before !== undefined) return before
    if (isBytes(from)) return loadBytes(into, from)
    if (Array.isArray(from)) {
      const list: unknown[] = Array.isArray(into) ? into : []
      known.set(from, list)
      const old = list.splice(0)
      for (const [i, entry] of from.entries()) list.push(load(old[i], entry))
      return list
    }
    if (from instanceof Map) {
      const map: Map<unknown, unknown> = into instanceof Map ? into : new Map<unknown, unknown>()
      known.set(from, map)
      map.clear()
      for (const [key, entry] of from) map.set(load(undefined, key), load(undefined, entry))
      return map
    }
    if (from instanceof Set) {
      const set: Set<unknown> = into instanceof Set ? into : new Set()
      known.set(from, set)
      set.clear()
      for (const entry of from) set.add(load(undefined, entry))
      return set
    }
    return loadFields(into, from as Fields)
  }
  const loadFields = (into: unknown, from: Fields): object => {
    const target = (isObject(into) ? into : made(from[CLASS], classes)) as Fields
    known.set(from, target)
    if (Object.hasOwn(from, SAVED)) {
      ;(target as unknown as Saves).load(load(undefined, from[SAVED]))
      return target
    }
    for (const [key, field] of Object.entries(from))
      if (key !== CLASS && !leave.has(key)) target[key] = load(target[key], field)
    return target
  }
  return load(root, saved) as T
}

function made(name: unknown, classes: SnapshotOptions['classes']): object {
  if (typeof name !== 'string') return {}
  const its = classes[name]
  if (its === undefined) throw new Error('an instance of a class that is not listed has nowhere to go')
  return Object.create(its.prototype) as object
}

/** Into the same memory where it has the same size: others may look at it, too. */
function loadBytes(into: unknown, from: object): unknown {
  const isColumn = (value: unknown): value is Uint8Array => ArrayBuffer.isView(value) && 'set' in value
  if (!isColumn(into) || !isColumn(from)) return from
  if (into.constructor !== from.constructor || into.length !== from.length) return from
  into.set(from)
  return into
}

/**
 * The fields of a line or an object that a format wants, by name: where the value of each stands, and nothing
 * else. Filled anew for every record, so that reading one makes no object.
 */

/** Where the value of a field that is not there begins. */
export const ABSENT = -1

export class Fields {
  /** Number of a field -> where its value begins and ends, without quotes; `ABSENT`: it is not there. */
  readonly from: Int32Array
  readonly to: Int32Array
  readonly names: readonly string[]
  /** Lists of JSON are values, too, brackets and all. */
  readonly lists: boolean

  constructor(names: readonly string[], { lists = false }: { readonly lists?: boolean } = {}) {
    this.names = names
    this.lists = lists
    this.from = new Int32Array(names.length).fill(ABSENT)
    this.to = new Int32Array(names.length).fill(ABSENT)
  }

  clear(): void {
    this.from.fill(ABSENT)
    this.to.fill(ABSENT)
  }

  has(field: number): boolean {
    return this.from[field]! !== ABSENT
  }
}

/** The numbers of fields by their names. */
export const numbered = <const N extends readonly string[]>(
  names: N,
): { readonly [K in N[number]]: number } =>
  Object.fromEntries(names.map((name, i) => [name, i])) as { [K in N[number]]: number }

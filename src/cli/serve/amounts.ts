/** Sizes and ages as people type and read them: `20G`, `30d`, `never`. */
import { toSeconds } from '../../model/time.ts'
import { duration, type Read } from '../config/values.ts'

/** Powers of 1000, as disks are sold and `du --si` counts. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['m', 1e6],
  ['g', 1e9],
  ['t', 1e12],
])
const SIZE = /^(\d{1,9}(?:\.\d{1,3})?) ?([kmgt]?)b?$/i
const NEVER = 'never'

/** `20G` or `20 GB` -> 20,000,000,000 octets. */
export function size(text: string): Read<number> {
  const [, number, unit = ''] = SIZE.exec(text) ?? []
  if (number === undefined) return { wrong: 'must be a size such as 500M, 20G or 1.5T' }
  const value = Math.round(Number(number) * (UNITS.get(unit.toLowerCase()) ?? NaN))
  return value === 0 ? { wrong: 'must be more than nothing' } : { value }
}

/** `20G`; null for `never`. */
export const sizeOrNever = (text: string): Read<number | null> =>
  text === NEVER ? { value: null } : size(text)

/** `30d` -> 2,592,000 seconds; null for `never`. */
export function ageOrNever(text: string): Read<number | null> {
  if (text === NEVER) return { value: null }
  const read = duration(text)
  return 'wrong' in read ? { wrong: `${read.wrong}, or never` } : { value: toSeconds(read.value) }
}

/** `20 GB`, `1.5 MB`, `812 bytes`: to three digits. */
export function sizeText(bytes: number): string {
  const power = Math.min(4, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const unit = ['bytes', 'kB', 'MB', 'GB', 'TB'][power]!
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${unit}`
}

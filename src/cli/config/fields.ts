/**
 * Kinds of values that keys of `holdfast.yaml` take: text, durations, addresses, lists, groups of keys. Each
 * says in one sentence what is wrong with a value that does not fit.
 */
import * as z from 'zod'
import type { AddressRange } from '../../model/deployment.ts'
import type { Micros } from '../../model/time.ts'
import { addressRange, DURATION, duration, type Read } from './values.ts'

/** Entries of any list: more agents than one server of any of the products takes. */
const LIST_MAX = 200_000
/** Characters of a name. */
const NAME_MAX = 200

export const text = (meaning: string) =>
  z
    .string({ error: (issue) => notText(issue.input) })
    .min(1, { error: 'must not be empty' })
    .max(NAME_MAX, { error: `is longer than ${NAME_MAX} characters` })
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'holds control characters' })
    .meta({ description: meaning })

function notText(input: unknown): string {
  if (typeof input === 'number' || typeof input === 'boolean')
    return `must be text; put it in quotes: "${input}"`
  return `must be text, not ${nameOfType(input)}`
}

export function nameOfType(input: unknown): string {
  if (input === null || input === undefined) return 'empty'
  if (Array.isArray(input)) return 'a list'
  return typeof input === 'object'
    ? 'a group of keys'
    : typeof input === 'string'
      ? 'text'
      : `a ${typeof input}`
}

/** A text that `read` turns into a value. */
export function readable<T>(base: z.ZodType<string, string>, read: (text: string) => Read<T>) {
  return base.transform((written, context): T => {
    const outcome = read(written)
    if ('value' in outcome) return outcome.value
    context.issues.push({ code: 'custom', message: outcome.wrong, input: written })
    return z.NEVER
  })
}

export const span = (meaning: string) =>
  readable<Micros>(
    z
      .string({ error: (issue) => notSpan(issue.input) })
      .meta({ description: meaning, pattern: DURATION.source, examples: ['15s', '5m', '24h'] }),
    duration,
  )

function notSpan(input: unknown): string {
  const read = typeof input === 'number' && input >= 0 ? duration(String(input)) : null
  return read !== null && 'wrong' in read
    ? read.wrong
    : `must be a duration such as 15s, 5m or 24h, not ${nameOfType(input)}`
}

export const address = readable<AddressRange>(
  z.string({ error: (issue) => `must be an address, not ${nameOfType(issue.input)}` }).meta({
    id: 'address',
    description: 'A single address, a CIDR or a range',
    examples: ['10.0.0.1', '10.0.0.0/8', '10.0.0.1-10.0.0.9'],
  }),
  addressRange,
)

export const whole = (least: number, most: number, what: string) => {
  const error = `must be ${what}, a whole number from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}
export const port = whole(1, 65_535, 'a port').meta({ id: 'port' })

/** A list, or its only entry. */
export const some = <T extends z.ZodType>(entry: T, meaning: string) =>
  z
    .union([entry, list(entry)])
    .transform((value): z.output<T>[] =>
      Array.isArray(value) ? (value as z.output<T>[]) : [value as z.output<T>],
    )
    .meta({ description: meaning })

export const list = <T extends z.ZodType>(entry: T) =>
  z
    .array(entry, { error: (issue) => `must be a list, not ${nameOfType(issue.input)}` })
    .max(LIST_MAX, { error: `holds more than ${LIST_MAX} entries` })

export const oneOf = <const T extends readonly string[]>(words: T, meaning: string) =>
  z.enum(words, { error: `must be one of ${words.join(', ')}` }).meta({ description: meaning })

export const flag = (meaning: string) =>
  z.boolean({ error: 'must be true or false' }).meta({ description: meaning })

export const section = <T extends z.ZodRawShape>(shape: T) =>
  z.strictObject(shape, {
    // Unknown keys are told one by one, with their place in the file: see problems.ts.
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? undefined
        : `must be a group of keys, not ${nameOfType(issue.input)}`,
  })

/**
 * What is wrong with a configuration, each problem with its place in the file: line and column from the YAML
 * document, the key path, a sentence, and for a key that does not exist the one that was probably meant.
 */
import type { Document, LineCounter, Node, Pair } from 'yaml'
import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type * as z from 'zod'
import { suggestion } from '../nearest.ts'
import { jsonSchema } from './schema.ts'

export type KeyPath = readonly PropertyKey[]

/** Something wrong at a place of the document. */
export interface Fault {
  readonly path: KeyPath
  readonly message: string
  /** The key itself is wrong, not its value. */
  readonly onKey: boolean
  /** A word that may be misspelt, and those that are known. Looked up where the fault is told. */
  readonly misspelt?: { readonly word: string; readonly known: Iterable<string> }
}

export interface Problem {
  /** 1-based. */
  readonly line: number
  readonly column: number
  /** `services[0].idleTreshold`; empty for the file as a whole. */
  readonly key: string
  readonly message: string
}

/** `services[0].servers[1].name` */
export function pathText(path: KeyPath): string {
  let written = ''
  for (const step of path) {
    if (typeof step === 'number') written += `[${step}]`
    else
      written += /^[\w-]+$/.test(String(step))
        ? `${written === '' ? '' : '.'}${String(step)}`
        : `[${JSON.stringify(step)}]`
  }
  return written
}

/** `holdfast.yaml:7:5: services[0].idleTreshold is not a key; did you mean idleThreshold?` */
export function problemText(file: string, problem: Problem): string {
  return `${file}:${problem.line}:${problem.column}: ${problem.key === '' ? '' : `${problem.key} `}${problem.message}`
}

/** zod's issues, one fault for each unknown key, and of a union the branch that was meant. */
export function schemaFaults(
  issues: readonly z.core.$ZodIssue[],
  raw: unknown,
  above: KeyPath = [],
  schema: JsonSchemaPart = jsonSchema(),
): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const path = [...above, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, path)
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: 'is not a key',
        onKey: true,
        misspelt: { word: key, known },
      }))
    }
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.at(Array.isArray(valueAt(raw, path)) ? -1 : 0)
      return schemaFaults(branch ?? [], raw, path, schema)
    }
    const missing = path.length > 0 && valueAt(raw, path) === undefined
    return [{ path, message: missing ? 'is missing' : issue.message, onKey: false }]
  })
}

/** The document's own errors: what YAML cannot read at all. */
export function syntaxProblems(document: Document): Problem[] {
  const errors = [...document.errors, ...document.warnings]
  // The parser reports its own stack overflow, and after it every bracket that is still open.
  if (errors.some((error) => /stack/i.test(error.message)))
    return [{ line: 1, column: 1, key: '', message: 'is nested too deeply' }]
  return errors.map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    column: error.linePos?.[0].col ?? 1,
    key: '',
    // The rest of the message repeats the lines of the file.
    message: error.message.replace(/(?:; please use| at line \d+|\n).*$/s, '').replace(/:$/, ''),
  }))
}

/** In the order of the file, the first so many. */
export function placed(
  faults: readonly Fault[],
  document: Document,
  lines: LineCounter,
  most: number,
): Problem[] {
  const offsets = new Map(faults.map((fault) => [fault, offsetOf(fault, document)]))
  const first = faults.toSorted((a, b) => offsets.get(a)! - offsets.get(b)!).slice(0, most)
  return first.map((fault) => {
    const { path, message, misspelt } = fault
    const { line, col } = lines.linePos(offsets.get(fault)!)
    const meant = misspelt === undefined ? '' : suggestion(misspelt.word, misspelt.known)
    return { line, column: col, key: pathText(path), message: `${message}${meant}` }
  })
}

/** Offset of the faulty key or value; of the nearest part around it if that itself is not there. */
function offsetOf(fault: Fault, document: Document): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of fault.path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const pair: Pair | undefined = isMap(node)
      ? node.items.find((item) => keyText(item.key) === String(step))
      : undefined
    const next = pair?.value ?? (isSeq(node) && typeof step === 'number' ? node.items[step] : null)
    if (pair !== undefined && (next === null || (fault.onKey && depth === fault.path.length - 1)))
      return startOf(pair.key) ?? offset
    if (next === null || next === undefined) return offset
    offset = startOf(next) ?? offset
    node = next
  }
  return offset
}

const startOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0]
const keyText = (key: unknown): string => String(isScalar(key) ? key.value : key)

export function valueAt(raw: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | null | undefined)?.[step],
    raw,
  )
}

interface JsonSchemaPart {
  readonly properties?: Readonly<Record<string, JsonSchemaPart>>
  readonly additionalProperties?: JsonSchemaPart | boolean
  readonly items?: JsonSchemaPart
  readonly anyOf?: readonly JsonSchemaPart[]
}

/** The keys that the schema knows at a place. */
function knownKeys(schema: JsonSchemaPart, path: KeyPath): string[] {
  let parts: readonly JsonSchemaPart[] = [schema]
  for (const step of path) {
    parts = parts
      .map((part) =>
        typeof step === 'number'
          ? part.items
          : (part.properties?.[String(step)] ?? part.additionalProperties),
      )
      .filter((part) => typeof part === 'object')
      .flatMap((part) => [part, ...(part.anyOf ?? [])])
  }
  return parts.flatMap((part) => Object.keys(part.properties ?? {}))
}

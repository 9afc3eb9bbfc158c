/**
 * Reads `holdfast.yaml` into a Deployment, or says all that is wrong with it. JSON is YAML, so JSON works.
 *
 * Trusted as far as its author is; a file that is too large, too deep or full of aliases is refused, not
 * digested.
 */
import { readFileSync, statSync } from 'node:fs'
import { type Document, LineCounter, parseDocument } from 'yaml'
import { type Deployment, EMPTY_DEPLOYMENT } from '../../model/deployment.ts'
import { failure, systemReason } from '../failure.ts'
import type { AlertSettings } from '../../alerts/settings.ts'
import { alertFaults, alertNotes, alertSettings } from './alert-settings.ts'
import { deploymentOf } from './deployment.ts'
import { type Fault, placed, type Problem, problemText, schemaFaults, syntaxProblems } from './problems.ts'
import { referenceFaults, referenceNotes } from './references.ts'
import { type CollectorKeys, CONFIG } from './schema.ts'

/** A larger file is refused: 16 MiB hold an inventory of 200,000 agents. */
export const CONFIG_BYTES_MAX = 16 * 1024 * 1024
/** Problems that are told; the rest is counted. */
export const PROBLEMS_MAX = 50

export type Loaded =
  | {
      readonly deployment: Deployment
      readonly alerts: AlertSettings
      readonly notes: readonly Problem[]
      readonly collectors: readonly CollectorKeys[]
    }
  /** In the order of the file; `more` were left out. */
  | { readonly problems: readonly Problem[]; readonly more: number }

export function parseConfig(source: string): Loaded {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: true })
  if (document.errors.length > 0 || document.warnings.length > 0) return refused(syntaxProblems(document))
  const raw = valueOf(document)
  if (raw === undefined) return refused([{ line: 1, column: 1, key: '', message: 'has too many aliases' }])
  const outcome = CONFIG.safeParse(raw)
  const faults = [
    ...(outcome.success ? [] : schemaFaults(outcome.error.issues, raw)),
    ...referenceFaults(raw),
    ...alertFaults(raw),
  ]
  const inPlace = (some: readonly Fault[]): Problem[] => placed(some, document, lines, PROBLEMS_MAX)
  if (!outcome.success || faults.length > 0)
    return { problems: inPlace(faults), more: Math.max(0, faults.length - PROBLEMS_MAX) }
  return {
    deployment: deploymentOf(outcome.data),
    alerts: alertSettings(outcome.data.alerts),
    notes: inPlace([...referenceNotes(raw), ...alertNotes(raw)]),
    collectors: outcome.data.collectors ?? [],
  }
}

/** Undefined where aliases of aliases make too much of it. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

function refused(problems: Problem[]): Loaded {
  problems.sort((a, b) => a.line - b.line || a.column - b.column)
  return { problems: problems.slice(0, PROBLEMS_MAX), more: Math.max(0, problems.length - PROBLEMS_MAX) }
}

/** Reads and checks a file. Throws a failure if it cannot be read at all. */
export function loadConfig(path: string): Loaded {
  try {
    if (statSync(path).size > CONFIG_BYTES_MAX)
      throw failure(`${path} is larger than ${CONFIG_BYTES_MAX} bytes`)
    return parseConfig(readFileSync(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    throw failure(`cannot read ${path}: ${systemReason(error)}`)
  }
}

/** The deployment of a file; a failure names the first problem, and the command that names all of them. */
export const readDeployment = (path: string): Deployment => readConfig(path).deployment

/** All that a file says; a failure as for its deployment. */
export function readConfig(path: string): Extract<Loaded, { readonly deployment: Deployment }> {
  const loaded = loadConfig(path)
  if ('deployment' in loaded) return loaded
  const [first, ...others] = loaded.problems
  const rest = others.length + loaded.more
  const hint = rest > 0 ? ` (and ${rest} more: holdfast config check ${path})` : ''
  throw failure(`${first === undefined ? `${path} is wrong` : problemText(path, first)}${hint}`)
}

/** The deployment of a text that was kept with what it belongs to; null: there was none. */
export function keptDeployment(source: string | null): Deployment {
  if (source === null) return EMPTY_DEPLOYMENT
  const loaded = parseConfig(source)
  if ('deployment' in loaded) return loaded.deployment
  const [problem] = loaded.problems
  throw failure(problem === undefined ? 'the configuration is wrong' : problemText('configuration', problem))
}

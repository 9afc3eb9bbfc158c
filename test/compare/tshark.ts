/** What tshark says of a capture: rows of fields, for tests that compare. */
import { spawnSync } from 'node:child_process'

/** One frame: each field's values, in the order of the frame. */
export type Row<Name extends string> = { readonly [name in Name]: readonly string[] }

const BETWEEN_FIELDS = '\u001f'
const BETWEEN_VALUES = '\u001e'
const OUTPUT_BYTES_MAX = 1 << 30

/** Runs tshark over `file` in two passes, and answers what it prints; `keys` is the path of a key log. */
export function tshark(file: string, words: readonly string[], keys: string | null = null): string {
  const preferences = ['-o', 'tcp.reassemble_out_of_order:TRUE']
  if (keys !== null) preferences.push('-o', `tls.keylog_file:${keys}`)
  const { error, stdout } = spawnSync('tshark', ['-r', file, '-2', ...words, ...preferences], {
    maxBuffer: OUTPUT_BYTES_MAX,
    encoding: 'utf8',
  })
  // Its status is not looked at: a capture that is cut short makes it 2, after all that can be read.
  if (error !== undefined) throw error
  return stdout
}

/** The frames of `file` that `filter` lets through. Fields that do not apply have no values. */
export function rowsOf<Name extends string>(
  file: string,
  filter: string,
  fields: readonly Name[],
  keys: string | null = null,
  preferences: readonly string[] = [],
): Row<Name>[] {
  const asked = fields.flatMap((field) => ['-e', field])
  const separators = ['-E', `separator=${BETWEEN_FIELDS}`, '-E', `aggregator=${BETWEEN_VALUES}`]
  const set = preferences.flatMap((preference) => ['-o', preference])
  const printed = tshark(file, ['-Y', filter, '-T', 'fields', ...separators, ...asked, ...set], keys)
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = line.split(BETWEEN_FIELDS)
      const named = fields.map((field, i) => [field, split(values[i] ?? '')])
      return Object.fromEntries(named) as Row<Name>
    })
}

const split = (value: string): string[] => (value === '' ? [] : value.split(BETWEEN_VALUES))

/** Asks tshark, where it is installed, what it thinks of a capture. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missing } from '../tools.ts'

export const TSHARK = !missing('tshark')

const PREFERENCES = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE'].flatMap((preference) => [
  '-o',
  preference,
])

/** One row for each frame that passes the display filter, one cell for each field. */
export function tsharkFields(capture: Uint8Array, fields: readonly string[], filter = 'frame'): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-tshark-')),
    path = join(folder, 'capture') // it reads no socket
  try {
    writeFileSync(path, capture)
    const argv = [
      '-n',
      '-r',
      path,
      ...PREFERENCES,
      '-Y',
      filter,
      '-T',
      'fields',
      ...fields.flatMap((field) => ['-e', field]),
    ]
    const { stdout, status, stderr } = spawnSync('tshark', argv, { encoding: 'latin1' })
    if (status !== 0) throw new Error(`tshark: ${stderr}`)
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const FLAGS = [
  'retransmission',
  'out_of_order',
  'lost_segment',
  'ack_lost_segment',
  'duplicate_ack',
  'keep_alive',
  'keep_alive_ack',
  'reused_ports',
  'window_full',
  'spurious_retransmission',
  'fast_retransmission',
] as const

/** Frame number -> what is not clean about it: names of tcp.analysis flags, `bad-checksum`, `malformed`. */
export function tsharkComplaints(capture: Uint8Array): Record<string, string[]> {
  const fields = [
    ...FLAGS.map((flag) => `tcp.analysis.${flag}`),
    'tcp.checksum.status',
    'ip.checksum.status',
    '_ws.malformed',
  ]
  const complaints: Record<string, string[]> = {}
  for (const [frame = '', ...cells] of tsharkFields(capture, ['frame.number', ...fields])) {
    const names: string[] = FLAGS.filter((_, i) => (cells[i] ?? '') !== '')
    const [transport = '', network = '', malformed = ''] = cells.slice(FLAGS.length)
    if (transport === '0' || network === '0') names.push('bad-checksum')
    if (malformed !== '') names.push('malformed')
    if (names.length > 0) complaints[frame] = names
  }
  return complaints
}

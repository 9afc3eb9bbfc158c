/**
 * JSON lines appended to a file. It is opened anew for each alert and only ever appended to, so that
 * whatever renames or empties it meanwhile (logrotate, with or without `copytruncate`) takes nothing away;
 * past its size a new file is begun and older ones become `.1`, `.2` and so on.
 *
 * A line is on the disk when it counts as delivered. What a crash left of one is closed off by a line end.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import type { FileSettings } from '../settings.ts'
import { delivered, failed, type MakeOutput, type Outcome } from './output.ts'

const { O_APPEND, O_CREAT, O_RDWR } = constants
/** Others on the machine do not read what broke. */
const MODE = 0o640
const LINE_FEED = 0x0a

export const file: MakeOutput<FileSettings> = (settings) => ({
  target: settings.path,
  async deliver({ key, record }) {
    const line = Buffer.from(`${JSON.stringify({ id: key, ...record })}\n`)
    try {
      return await append(settings, line)
    } catch (error) {
      return failed(`${(error as NodeJS.ErrnoException).code ?? ''} ${(error as Error).message}`)
    }
  },
})

async function append({ path, sizeMax, keep }: FileSettings, line: Buffer): Promise<Outcome> {
  let handle = await opened(path)
  try {
    let { size } = await handle.stat()
    if (sizeMax !== null && size > 0 && size + line.length > sizeMax) {
      await handle.close()
      await rotate(path, keep)
      handle = await opened(path)
      size = (await handle.stat()).size
    }
    const isCut = size > 0 && !(await endsWithLine(handle, size))
    await handle.appendFile(isCut ? Buffer.concat([Buffer.of(LINE_FEED), line]) : line)
    await handle.datasync()
    return delivered(`${line.length} octets written to ${path}`)
  } finally {
    await handle.close()
  }
}

const opened = (path: string): Promise<FileHandle> => open(path, O_APPEND | O_CREAT | O_RDWR, MODE)

async function endsWithLine(handle: FileHandle, size: number): Promise<boolean> {
  const last = Buffer.alloc(1)
  await handle.read(last, 0, 1, size - 1)
  return last[0] === LINE_FEED
}

/** `alerts` becomes `alerts.1`, and so on; the one beyond `keep` goes. */
async function rotate(path: string, keep: number): Promise<void> {
  if (keep === 0) return rm(path, { force: true })
  for (let i = keep; i > 0; i--) {
    const from = i === 1 ? path : `${path}.${i - 1}`
    await rename(from, `${path}.${i}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    })
  }
}

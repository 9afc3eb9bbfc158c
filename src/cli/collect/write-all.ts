/** Files that must be whole. */
import { writeSync } from 'node:fs'

/** Writes all of it, from an offset in a file on. The system takes what still fits on a disk that is nearly
 * full, and says only at the next write what is wrong (write(2)). Throws what it says. */
export function writeAll(fd: number, octets: Uint8Array, offset: number): void {
  for (let done = 0; done < octets.length;)
    done += writeSync(fd, octets, done, octets.length - done, offset + done)
}

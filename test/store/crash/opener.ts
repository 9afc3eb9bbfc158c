/** A process that opens a database, and holds it for writing for so many milliseconds. */
import { openStore } from '../../../src/store/store.ts'

const [path = '', holds = '0'] = process.argv.slice(2)
const store = openStore(path)
if (holds !== '0') {
  store.db.exec('BEGIN IMMEDIATE')
  process.send?.('held')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(holds))
  store.db.exec("INSERT INTO setting VALUES ('held', 'yes')")
  store.db.exec('COMMIT')
}
store.close()

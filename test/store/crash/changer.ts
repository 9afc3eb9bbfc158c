/** A process that changes one thing. */
import { addCapture } from '../../../src/store/captures.ts'
import { openStore } from '../../../src/store/store.ts'

const store = openStore(process.argv[2] ?? '')
addCapture(store, { sha256: null, name: 'from elsewhere', size: 1, stored: null, at: 1 })
store.close()

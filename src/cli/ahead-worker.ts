/** The thread behind `recordHelper`: opens the records that are posted in the memory that is its data. */
import { workerData } from 'node:worker_threads'
import { Helper } from '../protocols/tls/ahead.ts'

new Helper(workerData as SharedArrayBuffer).help()

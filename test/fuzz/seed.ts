/**
 * Before every test file: properties draw the same examples each time, so that what a change turns red is the
 * change. `npm run properties` draws others.
 */
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['HOLDFAST_SEED'] ?? 1) })

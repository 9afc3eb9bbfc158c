/** Before `npm pack`: the bundle that the package ships, as Node does not strip types under node_modules. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { ROOT } from './run.mjs'

const folder = join(ROOT, '.build', 'package')
rmSync(folder, { recursive: true, force: true })
await bundle(ROOT, folder)

/**
 * `npm run properties`: every test that draws examples, again and again with other examples, until one fails.
 * Says with which seed it did.
 *
 *   node test/fuzz/properties.ts [--rounds N] [--seed S]
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
const CONFIG = '.config/vitest.config.ts'
const OUTPUT_MAX = 64 << 20

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string' } },
})

const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .filter((name) => readFileSync(join(ROOT, name), 'utf8').includes("from 'fast-check'"))

const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.rounds) }, () => Math.floor(Math.random() * 2 ** 31))
    : [Number(values.seed)]

for (const [i, seed] of seeds.entries()) {
  console.log(`round ${i + 1} of ${seeds.length}, seed ${seed}`)
  const { status, stdout, stderr } = spawnSync('vitest', ['run', '--config', CONFIG, ...files], {
    cwd: ROOT,
    env: { ...process.env, HOLDFAST_SEED: String(seed) },
    maxBuffer: OUTPUT_MAX,
    encoding: 'utf8',
  })
  if (status !== 0) {
    console.log(`${stdout}${stderr}\nagain: npm run properties -- --seed ${seed}`)
    process.exit(1)
  }
}

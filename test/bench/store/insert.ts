/** Rows into a table, many with one statement. */
import type { Database } from 'better-sqlite3'

const PARAMETERS_MAX = 400

export interface Inserter {
  add(...values: unknown[]): void
  end(): void
}

export function inserter(db: Database, table: string, columns: readonly string[]): Inserter {
  const row = `(${columns.map(() => '?').join(',')})`
  const insert = `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(',')}) VALUES `
  const rowsAtOnce = Math.max(1, Math.floor(PARAMETERS_MAX / columns.length))
  const many = db.prepare(insert + new Array<string>(rowsAtOnce).fill(row).join(','))
  const one = db.prepare(insert + row)
  let values: unknown[] = []
  return {
    add(...more) {
      for (const value of more) values.push(value)
      if (values.length < rowsAtOnce * columns.length) return
      many.run(values)
      values = []
    },
    end() {
      for (let at = 0; at < values.length; at += columns.length)
        one.run(values.slice(at, at + columns.length))
      values = []
    },
  }
}

/** Runs `fill` while a table has no indexes: making them afterwards is several times as fast. */
export function withoutIndexes(db: Database, table: string, fill: () => void): void {
  const made = db
    .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`)
    .all(table) as { name: string; sql: string }[]
  for (const { name } of made) db.exec(`DROP INDEX ${name}`)
  fill()
  for (const { sql } of made) db.exec(sql)
}

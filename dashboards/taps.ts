/** Names of taps, as the names of capture files suggest them. */

const NAME_MAX = 32
const PLACES = ['client', 'server', 'agent', 'inside', 'outside', 'north', 'south']

/** The file's name without folders and what says its format. */
const stem = (name: string): string =>
  name.replace(/^.*[/\\]/, '').replace(/(\.(pcapng|pcap|cap|dmp|log|json|gz|zst|xz|bz2|lz4))+$/i, '')

/** A tap name for each file: the place that its name tells, else what sets it apart; one file needs none. */
export function tapNames(files: readonly string[]): string[] {
  if (files.length < 2) return files.map(() => '')
  const words = files.map((file) =>
    stem(file)
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter(Boolean),
  )
  const names = words.map((own, index) => {
    const place = PLACES.find((word) => own.includes(word))
    const apart = own.filter((word) => !words.every((other) => other.includes(word)))
    const name = (place ?? apart.join('-')).slice(0, NAME_MAX)
    return name === '' ? `tap${index + 1}` : name
  })
  return names.map((name, index) => (names.indexOf(name) === index ? name : `${name}-${index + 1}`))
}

/** The command that collects live packets: `watch`, for commander. */
import { type Command, Option } from '@commander-js/extra-typings'
import type { Console } from './console.ts'
import { WATCH_DEFAULTS } from './watch/defaults.data.ts'

const several = (value: string, before?: string[]): string[] => [...(before ?? []), value]

export function addWatch(program: Command, console: Console, ends: (exitCode: number) => void): void {
  program
    .command('watch')
    .summary('live packets or flow records, and alerts as they happen')
    .description(
      'Watches live packets and prints alerts as they happen, as tail does. Packets come from an interface (through tcpdump or dumpcap, so that Holdfast needs no privileges), standard input, a folder into which a capture ring writes, or pcap over IP. Instead of packets, flow records that routers and firewalls export can be watched.',
    )
    .option('-i, --interface <name>', 'capture at an interface; may be repeated (dumpcap)', several)
    .option('-r, --read <->', 'a capture on standard input: -')
    .option('--follow <dir>', 'a folder of rotating captures: growing, packed and removed files')
    .option('--connect <host:port>', 'fetch pcap over IP from there (Arkime, NetworkMiner, PolarProxy)')
    .option('--accept <host:port>', 'take pcap over IP there')
    .option(
      '--flows <host:port>',
      'take NetFlow v5, v9 and IPFIX there over UDP; tcp:HOST:PORT: IPFIX over TCP',
    )
    .option(
      '--active-timeout <time>',
      'with --flows: exporters keep no flow open for longer; nothing is told before it is over (default: learned, 30m at most)',
    )
    .option(
      '--all-traffic',
      'with --flows: follow all TCP, not only that of the services of the configuration',
    )
    .option(
      '--filter <expression>',
      'with -i: a capture filter (pcap-filter) instead of the one that the configuration comes to',
    )
    .addOption(
      new Option(
        '--capture-with <program>',
        'with -i: which program captures (default: whichever can)',
      ).choices(['tcpdump', 'dumpcap'] as const),
    )
    .option('--snap-length <bytes>', 'with -i: octets kept of a packet, 0 for all', WATCH_DEFAULTS.snapLength)
    .option('--buffer <mib>', "with -i: the kernel's buffer", WATCH_DEFAULTS.buffer)
    .option('--tap <name>', 'the name of the place of the capture')
    .option(
      '--config <file>',
      'what the deployment should be like, and where alerts go besides (holdfast.yaml)',
    )
    .option('--db <file>', 'keep what is found, and go on from there after a restart')
    .option('--severity <severity>', 'only alerts at least as bad: critical, warning or info')
    .option('--type <list>', 'only these incident types, with commas between')
    .option('--format <format>', 'text or ndjson', 'text')
    .option(
      '--resolve-after <time>',
      'an incident is over when it did not happen again for so long',
      WATCH_DEFAULTS.resolveAfter,
    )
    .option('--plain-secrets', 'with --db: store cookie values and the like as they are, not hashed')
    .addHelpText('after', WATCH_EXAMPLES)
    .action(async (options) => {
      const { runWatch } = await import('./watch/run.ts')
      ends(await runWatch(options, console))
    })
}

const WATCH_EXAMPLES = `
Examples:
  holdfast watch -i eth0 --config holdfast.yaml
      packets of an interface; the capture filter is made from the configuration
  ssh sensor tcpdump -i eth0 -U -w - port 10443 | holdfast watch -r -
      packets of another machine
  holdfast watch --follow /var/spool/ring --db holdfast.db
      what 'dumpcap -i eth0 -b duration:60 -b files:100 -w /var/spool/ring/r.pcapng' writes, and keep it
  holdfast watch --flows 0.0.0.0:2055 --active-timeout 60s
      what routers export, as soon as no exporter can tell of it any more
  holdfast watch -i eth0 --severity warning --format ndjson | jq .sentence
      for scripts: one JSON object a line

Exit status: 0 when the packets have ended, 1 failure, 2 wrong usage, 130 and 143 when interrupted.`

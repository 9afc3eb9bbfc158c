/** The place to drop captures. One capture starts at once; several are shown first: each gets a tap name. */
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../parts/icons.tsx'
import { bytes } from '../text.ts'
import { choose, start } from '../uploads.ts'
import type { Chosen, FileKind } from '../uploads.ts'

const KIND_WORDS: Readonly<Record<FileKind, string>> = {
  capture: 'capture',
  keylog: 'key log: decrypts TLS, is not stored',
  config: 'configuration of this analysis',
}

export function DropZone(): JSX.Element {
  const [staged, setStaged] = useState<readonly Chosen[]>([])
  const [isOver, setOver] = useState(false)
  const stage = async (files: readonly File[]): Promise<void> => {
    if (files.length === 0) return
    const chosen = await choose([...staged.map(({ file }) => file), ...files])
    if (chosen.length === 1 && chosen[0]?.kind === 'capture') start(chosen)
    else setStaged(chosen)
  }
  const take = (files: readonly File[]): void => void stage(files)
  useDrop(take, setOver)
  return (
    <>
      <label class={`drop ${isOver ? 'over' : ''}`}>
        <span class="icon">
          <Icon name="captures" />
        </span>
        <span>
          <b>Drop captures here, or choose files</b>
          <span class="note">
            pcap and pcapng, NetFlow, IPFIX and logs of flows, also packed with gzip or zstd. Several at once
            are one analysis: each is a tap, the files of a ring are one. Key logs and a holdfast.yaml may go
            with them.
          </span>
        </span>
        <span class="btn" aria-hidden="true">
          Choose files
        </span>
        <input
          class="hide"
          type="file"
          multiple
          aria-label="Choose captures and key logs"
          onChange={(event) => {
            take([...(event.currentTarget.files ?? [])])
            event.currentTarget.value = ''
          }}
        />
      </label>
      {staged.length > 0 && <Staged files={staged} change={setStaged} />}
    </>
  )
}

/** Files may be dropped anywhere on the page. */
function useDrop(take: (files: readonly File[]) => void, setOver: (isOver: boolean) => void): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes('Files') !== true) return
      event.preventDefault()
      setOver(true)
    }
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false)
    }
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      setOver(false)
      take([...(event.dataTransfer?.files ?? [])])
    }
    document.addEventListener('dragover', over)
    document.addEventListener('dragleave', leave)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('dragover', over)
      document.removeEventListener('dragleave', leave)
      document.removeEventListener('drop', drop)
    }
  }, [take, setOver])
}

interface StagedProps {
  readonly files: readonly Chosen[]
  readonly change: (files: readonly Chosen[]) => void
}

function Staged({ files, change }: StagedProps): JSX.Element {
  const captures = files.filter(({ kind }) => kind === 'capture')
  const begin = (groups: readonly (readonly Chosen[])[]): void => {
    for (const group of groups) start(group)
    change([])
  }
  const extras = files.filter(({ kind }) => kind !== 'capture')
  return (
    <section class="gap5 staged">
      <header>
        <h2>{captures.length > 1 ? 'Analyse these together?' : 'Analyse this?'}</h2>
        <span class="note">
          {captures.length === 0
            ? 'No capture among them: add the one that they belong to.'
            : captures.length > 1
              ? 'Captures of one time at several places prove more together. Name the places.'
              : 'The key log or configuration goes with the capture.'}
        </span>
      </header>
      <ul>
        {files.map((chosen, index) => (
          <StagedFile
            key={chosen.file.name + String(index)}
            chosen={chosen}
            isNamed={captures.length > 1}
            name={(tap) => change(files.map((old, at) => (at === index ? { ...old, tap } : old)))}
            remove={() => change(files.filter((_, at) => at !== index))}
          />
        ))}
      </ul>
      <div class="btns gap4">
        <button
          type="button"
          class="btn main"
          disabled={captures.length === 0}
          onClick={() => begin([files])}
        >
          {captures.length > 1 ? 'Upload, analyse as one' : 'Upload and analyse'}
        </button>
        {captures.length > 1 && (
          <button
            type="button"
            class="btn"
            onClick={() => begin(captures.map((capture) => [{ ...capture, tap: '' }, ...extras]))}
          >
            Each on its own
          </button>
        )}
        <button type="button" class="btn" onClick={() => change([])}>
          Cancel
        </button>
      </div>
    </section>
  )
}

interface FileProps {
  readonly chosen: Chosen
  readonly isNamed: boolean
  readonly name: (tap: string) => void
  readonly remove: () => void
}

const StagedFile = ({ chosen: { file, kind, tap }, isNamed, name, remove }: FileProps): JSX.Element => (
  <li>
    <span class="any">
      <b>{file.name}</b> <span class="note">{bytes(file.size)}</span>
    </span>
    {kind === 'capture' && isNamed ? (
      <label class="tap">
        <span class="note">tap</span>
        <input
          class="field"
          value={tap}
          maxLength={32}
          required
          onInput={(event) => name(event.currentTarget.value.trim())}
        />
      </label>
    ) : (
      <span class="note">{kind === 'capture' ? '' : KIND_WORDS[kind]}</span>
    )}
    <button type="button" class="btn sm" aria-label={`Leave out ${file.name}`} onClick={remove}>
      Leave out
    </button>
  </li>
)

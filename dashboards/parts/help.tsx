/** All keys, in a dialog. */
import { Fragment, type JSX } from 'preact'
import { GO_TO, KEY_WORDS } from '../keys.data.ts'
import { Dialog } from './dialog.tsx'

export const Key = ({ name }: { name: string }): JSX.Element => <kbd class="kbd">{name}</kbd>

export const Help = ({ onClose }: { onClose: () => void }): JSX.Element => (
  <Dialog title="Keys" onClose={onClose}>
    <ul class="keys">
      {Object.entries(GO_TO).map(([key, { title }]) => (
        <li key={key}>
          <span>{title}</span>
          <span class="nw">
            <Key name="g" /> <Key name={key} />
          </span>
        </li>
      ))}
      {KEY_WORDS.map(([keys, what]) => (
        <li key={what}>
          <span>{what}</span>
          <span class="nw">
            {keys.map((key) => (
              <Fragment key={key}>
                {' '}
                <Key name={key} />
              </Fragment>
            ))}
          </span>
        </li>
      ))}
    </ul>
    <div class="btns">
      <button type="button" class="btn" onClick={onClose}>
        Close
      </button>
    </div>
  </Dialog>
)

import { shownBytes } from '../bytes.js'

/** Control characters in the names of devices must not reach a terminal, nor bytes that are no text. */
export function printable(text: string): string {
  return shownBytes(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

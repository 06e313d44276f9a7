/** NAME_MAX of Linux' file systems, in bytes. */
const LONGEST = 255

/** Whether `name` is one file's name and leads nowhere else. */
export function isPlainName(name: string): boolean {
  return (
    name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && Buffer.byteLength(name) <= LONGEST
  )
}

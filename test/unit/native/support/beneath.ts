// Whether the kernel can mount beneath what is mounted (MOVE_MOUNT_BENEATH, Linux 6.5).
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** move_mount(2) of nothing: a flag that it does not know is EINVAL, before it looks for what is to be moved. */
const PROBE = `
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(429, -1, b'', -1, b'', 0x4 | 0x40 | 0x200)
print(errno.errorcode[ctypes.get_errno()])`

export async function knowsMountsBeneath(): Promise<boolean> {
  const { stdout } = await promisify(execFile)('python3', ['-c', PROBE])
  const code = stdout.trim()
  if (code !== 'EBADF' && code !== 'EINVAL') throw new Error(`move_mount says ${code}`)
  return code === 'EBADF'
}

// The image of the tests' containers: busybox, udevadm and the libudev clients, with the libraries of this
// machine.
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { output } from './command.js'

const APPLETS = ['cat', 'id', 'ln', 'ls', 'mkdir', 'readlink', 'rm', 'sh', 'sleep', 'stat', 'true', 'tail']
/** The libudev client, as test/clients/build.sh leaves it. */
export const CLIENT = '.cache/clients/libudev-client'
const LISTENER = '.cache/clients/unix-listener'
const TRACKER = '.cache/clients/tracker'

/** Builds the image's tree in `root` and returns a tar of it. The clients must have been compiled. */
export async function imageTar(root: string): Promise<string> {
  for (const directory of ['bin', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp', 'usr/bin'])
    await mkdir(join(root, directory), { recursive: true })
  await copyFile('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of APPLETS) await symlink('busybox', join(root, 'bin', applet))
  await copyFile('/usr/bin/udevadm', join(root, 'usr/bin/udevadm'))
  await copyFile(CLIENT, join(root, 'usr/bin/libudev-client'))
  for (const program of ['/usr/bin/udevadm', CLIENT, LISTENER, TRACKER]) await copyLibraries(program, root)
  await copyFile(LISTENER, join(root, 'usr/bin/unix-listener'))
  await copyFile(TRACKER, join(root, 'usr/bin/tracker'))
  await writeFile(join(root, 'etc/group'), 'root:x:0:\ninput:x:104:player\n')
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/:/bin/sh\nplayer:x:1000:1000::/:/bin/sh\n')
  const tar = `${root}.tar`
  await output('tar', ['-C', root, '-cf', tar, '.'])
  return tar
}

async function copyLibraries(program: string, root: string): Promise<void> {
  // "libudev.so.1 => /lib/x86_64-linux-gnu/libudev.so.1 (0x…)", and the dynamic linker's path by itself.
  const paths = (await output('ldd', [program])).matchAll(/(\/\S+) \(0x/g)
  for (const [, path = ''] of paths) {
    await mkdir(join(root, dirname(path)), { recursive: true })
    await copyFile(path, join(root, path))
  }
}

// The addon as a daemon has it that can be killed between any two changes of the outside world.
import { GROUP_KERNEL } from '../../../src/groups.js'
import type { MonitorListener, Native } from '../../../src/native.js'
import { native } from '../../../src/native.js'
import type { Containers } from './container.js'

/** The addon, with uevents from memory, and these containers; `guard` is called before every change of anything outside, and may throw. Nothing is told to who isn't alive. */
export function guardedNative(
  containers: Containers,
  guard: () => void,
  isAlive: () => boolean,
): { addon: Native; kernel: () => MonitorListener | undefined } {
  let kernel: MonitorListener | undefined
  const guarded = <A extends unknown[], R>(act: (...args: A) => R): ((...args: A) => R) => {
    return (...args) => {
      guard()
      return act(...args)
    }
  }
  const addon: Native = {
    ...native,
    placeNode: guarded((spec) => native.placeNode(spec)),
    removeTree: guarded((root, name) => native.removeTree(root, name)),
    touchFile: guarded((path, mode) => native.touchFile(path, mode)),
    replaceFile: guarded((temporary, path, text, mode) => native.replaceFile(temporary, path, text, mode)),
    openMonitor: (group, _receiveBuffer, listener) => {
      if (group === GROUP_KERNEL) kernel = listener
      return { close: () => undefined, dropped: () => ({ foreign: 0, truncated: 0 }), receiveBuffer: 0 }
    },
    openContainer: async (pid) => {
      const handle = await containers.open(pid)
      return {
        pid: handle.pid,
        netns: handle.netns,
        mntns: handle.mntns,
        rootUid: handle.rootUid,
        rootGid: handle.rootGid,
        startedAt: handle.startedAt,
        hostGid: (gid) => handle.hostGid(gid),
        onExit: (listener) => handle.onExit(() => isAlive() && listener()),
        openMonitor: (group, size, listener) => handle.openMonitor(group, size, listener),
        look: async (path) => handle.look(path),
        readFile: async (path, limit) => handle.readFile(path, limit),
        listensAt: async (paths) => handle.listensAt(paths),
        send: guarded((message, group) => handle.send(message, group)),
        readDirectory: async (path, limit) => handle.readDirectory(path, limit),
        replaceMount: guarded(async (source, target, mount) => handle.replaceMount(source, target, mount)),
        mountDirectory: guarded(async (source, target) => handle.mountDirectory(source, target)),
        bindNode: guarded(async (source, target) => handle.bindNode(source, target)),
        unbindNode: guarded(async (target) => handle.unbindNode(target)),
        placeLink: guarded(async (target, path) => handle.placeLink(target, path)),
        removeLink: guarded(async (target, path) => handle.removeLink(target, path)),
        close: () => handle.close(),
      }
    },
  }
  return { addon, kernel: () => kernel }
}

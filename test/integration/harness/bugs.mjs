// Bugs of the daemon's, on demand: node --import bugs.mjs main.js run. UDEV_PROXY_BUG says which; it is there from SIGUSR2 on.
import { createRequire } from 'node:module'

const addon = createRequire(import.meta.url)('../../../build/Release/udev_proxy.node')
const bug = () => new TypeError('a bug of the test')
let armed = false

const BUGS = {
  // As a Node.js that is too old lacks it.
  plan: () => delete Array.prototype.toReversed,
  timer: () =>
    setTimeout(() => {
      throw bug()
    }),
  promise: () => void Promise.reject(bug()),
  callback: () => (armed = true),
  // A bug, and another one on the way out.
  end: () => {
    armed = true
    delete Array.prototype.toReversed
  },
}
const name = process.env.UDEV_PROXY_BUG
process.on('SIGUSR2', () => {
  process.stderr.write('there is a bug now\n')
  BUGS[name]()
})

const { openMonitor } = addon
Object.defineProperty(addon, 'openMonitor', {
  value: (group, receiveBuffer, listener) => {
    const socket = openMonitor(group, receiveBuffer, {
      ...listener,
      onMessages: (messages) => {
        if (armed && name === 'callback') throw bug()
        listener.onMessages(messages)
      },
    })
    return {
      receiveBuffer: socket.receiveBuffer,
      dropped: () => socket.dropped(),
      close: () => {
        if (armed && name === 'end') throw bug()
        socket.close()
      },
    }
  },
})

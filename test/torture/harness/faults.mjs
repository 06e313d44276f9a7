// Fault points around everything that the daemon changes in the outside world; loaded before it: node --import faults.mjs main.js run. The directory in
// UDEV_PROXY_FAULTS has `control.json`, which a test may write at any time (faults.ts has its form), and gets `points` and `failures`.
import fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { constants } from 'node:os'
import { basename, join, relative } from 'node:path'

const { readFileSync, appendFileSync } = fs
const directory = process.env['UDEV_PROXY_FAULTS']
if (directory === undefined) throw new Error('UDEV_PROXY_FAULTS names no directory')
const controlFile = join(directory, 'control.json')
const pointsFile = join(directory, 'points')
const failuresFile = join(directory, 'failures')

let text = ''
let control = { stage: '/nowhere' }
/** How often each name was passed, and each failure has failed, since the control file was written. */
let passed = new Map()
let failed = new Map()

function look() {
  const now = readFileSync(controlFile, 'utf8')
  if (now === text) return control
  text = now
  control = JSON.parse(text)
  passed = new Map()
  failed = new Map()
  return control
}

/** One side of a fault point. */
function pass(name, when) {
  const { record, kill } = look()
  if (record) appendFileSync(pointsFile, `${when} ${name}\n`)
  if (kill === undefined) return
  const key = `${when} ${name}`
  const count = (passed.get(key) ?? 0) + 1
  passed.set(key, count)
  if (kill.when === when && kill.name === name && kill.occurrence === count)
    process.kill(process.pid, 'SIGKILL')
}

/** What the point fails with, if it is to fail. */
function failureOf(name, detail, syscall) {
  for (const [index, { match, code, times }] of (control.fail ?? []).entries()) {
    if (!new RegExp(match).test(`${name} ${detail}`)) continue
    const count = failed.get(index) ?? 0
    if (times !== undefined && count >= times) continue
    failed.set(index, count + 1)
    appendFileSync(failuresFile, `${JSON.stringify({ name, detail, code, at: Date.now() })}\n`)
    return Object.assign(new Error(`${code}: injected, ${syscall} '${detail}'`), {
      code,
      errno: -(constants.errno[code] ?? 0),
      syscall,
      path: detail,
    })
  }
  return undefined
}

function delayOf(name, detail) {
  return (control.delay ?? []).find(({ match }) => new RegExp(match).test(`${name} ${detail}`))?.ms ?? 0
}

function runSync(name, detail, syscall, action) {
  pass(name, 'before')
  const failure = failureOf(name, detail, syscall)
  if (failure !== undefined) throw failure
  const result = action()
  pass(name, 'after')
  return result
}

async function runAsync(name, detail, syscall, action) {
  pass(name, 'before')
  const delay = delayOf(name, detail)
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay))
  const failure = failureOf(name, detail, syscall)
  if (failure !== undefined) throw failure
  const result = await action()
  pass(name, 'after')
  return result
}

/** A path of a stage by its kind: `input/event`, `udev/data/c`, `ledger/+hid`; undefined for what is outside of the stages. */
function kindOf(path) {
  if (typeof path !== 'string') return undefined
  const [container, ...parts] = relative(look().stage, path).split('/')
  if (container === '..' || container === undefined || container.startsWith('/')) return undefined
  if (parts.length === 0) return 'stage'
  const last = parts.pop() ?? ''
  // A record's name is c13:71 or +input:input7; a node's event7; a directory's stays.
  const kind = last.replace(/^\.#/, '').replace(/(?<=^c|^\+\w+)[:\d].*$|\d+(:\d+)?$/, '')
  return [...parts, kind].join('/')
}

// node:fs, by the argument that names what is changed.
const CHANGES = {
  appendFileSync: 0,
  chmodSync: 0,
  chownSync: 0,
  copyFileSync: 1,
  lchownSync: 0,
  linkSync: 1,
  mkdirSync: 0,
  renameSync: 1,
  rmSync: 0,
  rmdirSync: 0,
  symlinkSync: 1,
  truncateSync: 0,
  unlinkSync: 0,
  utimesSync: 0,
  writeFileSync: 0,
}
for (const [operation, argument] of Object.entries(CHANGES)) {
  const original = fs[operation]
  fs[operation] = (...args) => {
    const kind = kindOf(args[argument])
    if (kind === undefined) return original(...args)
    const name = operation.replace(/Sync$/, '')
    return runSync(`${name} ${kind}`, args[argument], name, () => original(...args))
  }
}

// Files that are kept open, by their descriptor.
const opened = new Map()
const { openSync, closeSync, writeSync, ftruncateSync } = fs
fs.openSync = (path, flags, ...rest) => {
  const kind = flags === undefined || flags === 'r' ? undefined : kindOf(path)
  if (kind === undefined) return openSync(path, flags, ...rest)
  const fd = runSync(`open ${kind}`, path, 'open', () => openSync(path, flags, ...rest))
  opened.set(fd, { kind, path })
  return fd
}
fs.closeSync = (fd) => {
  opened.delete(fd)
  closeSync(fd)
}
for (const [operation, original] of Object.entries({ write: writeSync, ftruncate: ftruncateSync })) {
  fs[`${operation}Sync`] = (fd, ...rest) => {
    const file = opened.get(fd)
    if (file === undefined) return original(fd, ...rest)
    return runSync(`${operation} ${file.kind}`, file.path, operation, () => original(fd, ...rest))
  }
}
syncBuiltinESMExports()

const addon = createRequire(import.meta.url)('../../../build/Release/udev_proxy.node')

/** Methods of the addon's classes are read-only. */
function replace(object, operation, value) {
  Object.defineProperty(object, operation, { value })
}

/** `describe` says of the arguments what kind of thing is changed, and which one. */
function wrap(run, object, operation, describe) {
  const original = object[operation].bind(object)
  replace(object, operation, (...args) => {
    const { kind, detail } = describe(...args)
    return run(`${operation} ${kind}`, detail, operation, () => original(...args))
  })
}

const onStage = (path) => ({ kind: kindOf(path), detail: path })
wrap(runSync, addon, 'removeTree', (root, name) => onStage(`${root}/${name}`))
wrap(runSync, addon, 'placeNode', ({ path }) => onStage(path))
wrap(runSync, addon, 'touchFile', onStage)
wrap(runSync, addon, 'replaceFile', (_, path) => onStage(path))
wrap(runSync, addon, 'mountTmpfs', onStage)
wrap(runSync, addon, 'unmount', onStage)

const { openMonitor, openContainer } = addon
replace(addon, 'openMonitor', (group, receiveBuffer, listener) =>
  openMonitor(group, group === 1 ? (look().receiveBuffer ?? receiveBuffer) : receiveBuffer, listener),
)
replace(addon, 'openContainer', (pid, evidence) =>
  runAsync('openContainer', String(pid), 'pidfd_open', async () => {
    const handle = await openContainer(pid, evidence)
    const inside = (path) => ({ kind: basename(path).replace(/\d+$/, ''), detail: `${pid} ${path}` })
    wrap(runAsync, handle, 'mountDirectory', (_, target) => inside(target))
    wrap(runAsync, handle, 'bindNode', (_, target) => inside(target))
    wrap(runAsync, handle, 'unbindNode', inside)
    wrap(runAsync, handle, 'placeLink', (_, path) => inside(path))
    wrap(runAsync, handle, 'removeLink', (_, path) => inside(path))
    wrap(runSync, handle, 'send', (message, group) => {
      const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString('latin1')
      const [, action = ''] = /ACTION=(\w+)/.exec(text) ?? []
      const [, sysname = ''] = /DEVPATH=[^\0]*\/([^\0/]+)/.exec(text) ?? []
      const kind = sysname.includes(':') ? 'hid' : sysname.replace(/\d+$/, '')
      return { kind: `group ${group} ${action} ${kind}`, detail: `${pid} ${sysname}` }
    })
    return handle
  }),
)
